"""What every exported file begins with: the definitions that its lemmas use, and tactics."""

PRELUDE = """\
Require Import Reals Lra Lia Psatz.
Require FunctionalExtensionality.
Open Scope R_scope.
Local Coercion INR : nat >-> R.

Definition sgn (x : R) : R := if Rlt_dec x 0 then - 1 else if Rlt_dec 0 x then 1 else 0.

(* Averaging factors: 0 <= b < 1, and t >= 1. *)
Lemma power_of_factor : forall b t, 0 <= b < 1 -> (1 <= t)%nat -> 0 <= b ^ t < 1.
Proof.
  intros b [|n] [H0 H1] Ht; [lia|]. split; [now apply pow_le|].
  clear Ht. induction n as [|n IH]; [now rewrite pow_1|].
  rewrite <- tech_pow_Rmult. assert (0 <= b ^ S n) by now apply pow_le. nra.
Qed.

Lemma power_before : forall b t, (1 <= t)%nat -> b ^ t = b * b ^ (t - 1).
Proof. intros b [|n] Ht; [lia|]. now rewrite Nat.sub_succ, Nat.sub_0_r. Qed.

Lemma power_of_zero : forall t, (1 <= t)%nat -> 0 ^ t = 0.
Proof. intros. apply pow_i. lia. Qed.

Lemma pow_product : forall b n k, b ^ (n * k) = (b ^ k) ^ n.
Proof. intros. now rewrite Nat.mul_comm, pow_mult. Qed.

Lemma one_at_least : forall t, (1 <= t)%nat -> 1 <= INR t.
Proof. intros t H. now apply (le_INR 1). Qed.

Lemma product_not_zero : forall a b, a <> 0 -> b <> 0 -> a * b <> 0.
Proof. intros a b Ha Hb H. destruct (Rmult_integral _ _ H); auto. Qed.

Lemma of_sign : forall n d, 0 < d -> 0 <= n -> 0 <= n / d.
Proof. intros n d Hd Hn. apply Rmult_le_pos; [easy|]. now apply Rlt_le, Rinv_0_lt_compat. Qed.

Lemma of_strict_sign : forall n d, 0 < d -> 0 < n -> 0 < n / d.
Proof. intros n d Hd Hn. apply Rmult_lt_0_compat; [easy|]. now apply Rinv_0_lt_compat. Qed.

Lemma of_product_sign : forall n d, d <> 0 -> 0 <= n * d -> 0 <= n / d.
Proof.
  intros n d Hd H. replace (n / d) with (n * d / (d * d)) by (field; easy).
  apply of_sign; [nra | easy].
Qed.

Lemma of_product_strict_sign : forall n d, d <> 0 -> 0 < n * d -> 0 < n / d.
Proof.
  intros n d Hd H. replace (n / d) with (n * d / (d * d)) by (field; easy).
  apply of_strict_sign; [nra | easy].
Qed.

Lemma cleared_sign : forall n d, d <> 0 -> 0 <= n / d -> 0 <= n * d.
Proof.
  intros n d Hd H. replace (n * d) with (n / d * (d * d)) by (field; easy).
  apply Rmult_le_pos; nra.
Qed.

Lemma cleared_strict_sign : forall n d, d <> 0 -> 0 < n / d -> 0 < n * d.
Proof.
  intros n d Hd H. replace (n * d) with (n / d * (d * d)) by (field; easy).
  apply Rmult_lt_0_compat; nra.
Qed.

Ltac no_negative_term :=
  lazymatch goal with
  | |- 0 <= _ + _ => apply Rplus_le_le_0_compat; no_negative_term
  | |- 0 <= ?a * ?a => exact (Rle_0_sqr a)
  | |- 0 <= _ * _ => apply Rmult_le_pos; no_negative_term
  | |- 0 <= _ / _ => apply Rmult_le_pos; [no_negative_term | apply Rlt_le, Rinv_0_lt_compat; no_negative_term]
  | |- 0 <= _ ^ 2 => apply pow2_ge_0
  | |- 0 <= _ ^ _ => apply pow_le; lra
  | |- 0 < _ + _ => first [(apply Rplus_lt_le_0_compat; no_negative_term) | (apply Rplus_le_lt_0_compat; no_negative_term)]
  | |- 0 < _ * _ => apply Rmult_lt_0_compat; no_negative_term
  | |- 0 < _ / _ => apply Rdiv_lt_0_compat; no_negative_term
  | |- 0 < _ ^ _ => apply pow_lt; lra
  | |- _ => lra
  end.

Ltac not_zero :=
  lazymatch goal with
  | |- _ /\\ _ => split; not_zero
  | |- True => exact I
  | |- _ => first
    [ assumption | lra | (match goal with H : _ |- _ => apply H end; first [lra | no_negative_term])
    | (apply Rgt_not_eq, sqrt_lt_R0; first [lra | nra]) | (apply product_not_zero; not_zero) | (apply pow_nonzero; not_zero)
    | (apply Rgt_not_eq; unfold Rgt; ring_simplify; no_negative_term)
    | (let Z := fresh in intro Z; match goal with K : _ <> 0 |- _ => apply K; lra end)
    | (let H := fresh in intro H; ring_simplify in H; first [lra | nra])
    | (let H := fresh in intro H; first [lra | nra])
    | (let Z := fresh in intro Z; match goal with K : ?a <> 0 |- _ => match a with context [_ / ?r] =>
        apply K, (Rmult_eq_reg_l r); [rewrite Rmult_0_r, <- Z; field; lra | lra] end end) ]
  end.
(* A whole tensor's number, for one that has the same elements. *)
Lemma same_elements : forall (index : Type) (number : (index -> R) -> R) x y,
  (forall i, x i = y i) -> number x = number y.
Proof. intros. f_equal. now apply FunctionalExtensionality.functional_extensionality. Qed.

Ltac factors :=
  lazymatch goal with
  | |- 0 < _ * _ => apply Rmult_lt_0_compat; factors
  | |- 0 <= _ * _ => apply Rmult_le_pos; factors
  | |- 0 <= _ ^ 2 => apply pow2_ge_0
  | |- _ => first [lra | nra]
  end.
(* A weighted sum of what is not negative is what is asked for. *)
Ltac sum_of total :=
  let T := fresh in pose proof total as T; cbv beta in T;
  match type of T with 0 <= ?a => match goal with |- 0 <= ?x => replace x with a by (field; lra); exact T end end.
Ltac positive := first [lra | no_negative_term | nra | (apply Rdiv_lt_0_compat; first [lra | no_negative_term | nra])].
Ltac equal := first [reflexivity | ring | (field; not_zero)].
Ltac one_case :=
  match goal with
  | |- context [if ?c then _ else _] =>
      lazymatch c with context [if _ then _ else _] => fail | _ => destruct c end
  end.
Ltac at_index i :=
  let index := type of i in
  repeat match goal with
  | H : forall _ : index, _ |- _ =>
      let P := type of (H i) in lazymatch type of P with Prop => generalize (H i); revert H end
  end; intros.
(* A sum with a quotient that is not zero, times the divisor. *)
Ltac cleared_sums :=
  repeat match goal with
  | H : ?a + ?b / ?r <> 0, K : 0 < ?r |- _ =>
      lazymatch goal with
      | _ : a * r + b <> 0 |- _ => fail
      | _ => assert (a * r + b <> 0) by
          (let Z := fresh in intro Z; apply H; replace (a + b / r) with ((a * r + b) / r) by (field; lra);
           rewrite Z; unfold Rdiv; ring)
      end
  end.
Ltac by_cases :=
  repeat match goal with H : context [if _ then _ else _] |- _ => revert H end;
  repeat (one_case; try (exfalso; lra)); intros; try (exfalso; lra).
(* Both cases of a decision, in what is known as well. *)
Ltac split_on c :=
  repeat match goal with H : context [if c then _ else _] |- _ => revert H end;
  destruct c; intros.
(* A need that print has as well, written in another way. *)
Ltac as_granted :=
  match goal with
  | H : ?a <> 0 |- ?b <> 0 => replace b with a by (first [equal | (do 2 f_equal; equal)]); exact H
  | H : 0 <= ?a |- 0 <= ?b => replace b with a by equal; exact H
  | H : 0 < ?a |- 0 < ?b => replace b with a by equal; exact H
  | H : 0 < ?a |- ?b <> 0 => replace b with a by equal; lra
  end.
(* The factors of what is not zero are not zero. *)
Ltac factored :=
  repeat match goal with
  | H : ?a * ?b <> 0 |- _ =>
      assert (a <> 0) by (let Z := fresh in intro Z; apply H; rewrite Z; ring);
      assert (b <> 0) by (let Z := fresh in intro Z; apply H; rewrite Z; ring); clear H
  | H : ?a ^ 2 <> 0 |- _ => assert (a <> 0) by (let Z := fresh in intro Z; apply H; rewrite Z; ring); clear H
  | H : ?a ^ 4 <> 0 |- _ => assert (a <> 0) by (let Z := fresh in intro Z; apply H; rewrite Z; ring); clear H
  end.
Ltac parts_not_zero :=
  lazymatch goal with
  | |- _ * _ <> 0 => apply product_not_zero; parts_not_zero
  | |- _ ^ _ <> 0 => apply pow_nonzero; parts_not_zero
  | |- _ / _ <> 0 => unfold Rdiv; apply product_not_zero; [parts_not_zero | apply Rinv_neq_0_compat; parts_not_zero]
  | |- _ => not_zero
  end.
Ltac needed :=
  lazymatch goal with
  | |- _ /\\ _ => split; needed
  | |- True => exact I
  | |- forall _, _ => let i := fresh "i" in intro i; at_index i; needed
  | |- _ <> 0 => first [ not_zero | as_granted | (factored; parts_not_zero) | nra
    | (let H := fresh in intro H; match goal with K : ?a <> 0 |- _ => apply K; first [lra | nra] end) ]
  | |- 0 <= _ + 0 => rewrite Rplus_0_r; needed
  | |- 0 <= _ * (1 / _) => first [ assumption | as_granted | (apply Rmult_le_pos; [needed | no_negative_term]) ]
  | |- _ => first [ assumption | lra | no_negative_term | nra | as_granted | apply sqrt_pos ]
  end.
"""
