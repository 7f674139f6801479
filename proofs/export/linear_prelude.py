"""Spectra of linear steps in one and two variables, in Coq: what regions and tunings are stated with."""

LINEAR = """\
(* The eigenvalues a + bi of a step f, each with an eigenvector that is not zero: real and imaginary parts apart. *)
Definition spectrum1 (f : R -> R) (P : R -> R -> Prop) : Prop :=
  forall a b x y, ~ (x = 0 /\\ y = 0) -> f x = a * x - b * y -> f y = a * y + b * x -> P a b.

Definition spectrum2 (f : R -> R -> R * R) (P : R -> R -> Prop) : Prop :=
  forall a b v x w y, ~ (v = 0 /\\ x = 0 /\\ w = 0 /\\ y = 0) ->
  f v x = (a * v - b * w, a * x - b * y) -> f w y = (a * w + b * v, a * y + b * x) -> P a b.

Definition stable (a b : R) : Prop := a * a + b * b < 1.
Definition within (r a b : R) : Prop := a * a + b * b <= r * r.

(* The roots of z^2 - Tz + D. *)
Definition root (T D a b : R) : Prop := a * a - b * b - T * a + D = 0 /\\ b * (2 * a - T) = 0.

Lemma real_roots : forall T D, 0 <= T * T - 4 * D ->
  exists x y, T = x + y /\\ D = x * y /\\ root T D x 0 /\\ root T D y 0.
Proof.
  intros T D C. pose proof (sqrt_sqrt _ C) as E. unfold root.
  exists ((T + sqrt (T * T - 4 * D)) / 2), ((T - sqrt (T * T - 4 * D)) / 2). repeat split; nra.
Qed.

Lemma complex_roots : forall T D, T * T - 4 * D < 0 ->
  exists x y, T = 2 * x /\\ D = x * x + y * y /\\ 0 < y /\\ root T D x y.
Proof.
  intros T D C. assert (C' : 0 < 4 * D - T * T) by lra.
  pose proof (sqrt_sqrt _ (Rlt_le _ _ C')) as E. pose proof (sqrt_lt_R0 _ C'). unfold root.
  exists (T / 2), (sqrt (4 * D - T * T) / 2). repeat split; nra.
Qed.

Lemma any_root : forall T D a b, root T D a b ->
  (b = 0 /\\ T = a + (T - a) /\\ D = a * (T - a)) \\/ (T = 2 * a /\\ D = a * a + b * b).
Proof.
  unfold root. intros T D a b [E F]. destruct (Rmult_integral _ _ F) as [Z|Z].
  - left. subst b. repeat split; nra.
  - right. assert (T = 2 * a) by lra. subst T. split; nra.
Qed.

Lemma roots_inside : forall T D r, 0 <= r ->
  (forall a b, root T D a b -> within r a b) <->
  (0 <= r * r - D /\\ 0 <= r * r + D - T * r /\\ 0 <= r * r + D + T * r /\\ 0 <= 2 * r - T /\\ 0 <= 2 * r + T).
Proof.
  unfold within. intros T D r Hr. split.
  - intros H. destruct (Rle_dec 0 (T * T - 4 * D)) as [C|C].
    + destruct (real_roots T D C) as (x & y & -> & -> & Hx & Hy). apply H in Hx, Hy. clear H C.
      assert (- r <= x <= r) by (split; nra). assert (- r <= y <= r) by (split; nra). repeat split; nra.
    + destruct (complex_roots T D ltac:(lra)) as (x & y & -> & -> & Hy & Hx). apply H in Hx. clear H C.
      assert (- r <= x <= r) by (split; nra). repeat split; nra.
  - intros (H1 & H2 & H3 & H4 & H5) a b Hz.
    destruct (any_root _ _ _ _ Hz) as [(-> & HT & HD)|(-> & ->)]; [|lra]. clear Hz.
    set (c := T - a) in *. clearbody c. subst T D. assert (- r <= a <= r) by (split; nra). nra.
Qed.

Lemma roots_stable : forall T D,
  (forall a b, root T D a b -> stable a b) <-> (0 < 1 - D /\\ 0 < 1 + D - T /\\ 0 < 1 + D + T).
Proof.
  unfold stable. intros T D. split.
  - intros H. destruct (Rle_dec 0 (T * T - 4 * D)) as [C|C].
    + destruct (real_roots T D C) as (x & y & -> & -> & Hx & Hy). apply H in Hx, Hy. clear H C.
      assert (- 1 < x < 1) by (split; nra). assert (- 1 < y < 1) by (split; nra). repeat split; nra.
    + destruct (complex_roots T D ltac:(lra)) as (x & y & -> & -> & Hy & Hx). apply H in Hx. clear H C.
      assert (- 1 < x < 1) by (split; nra). repeat split; nra.
  - intros (H1 & H2 & H3) a b Hz.
    destruct (any_root _ _ _ _ Hz) as [(-> & HT & HD)|(-> & ->)]; [|lra]. clear Hz.
    set (c := T - a) in *. clearbody c. subst T D. assert (- 1 < a < 1) by (split; nra). nra.
Qed.

Lemma zero_of_square : forall x y, x * x + y * y = 0 -> x = 0.
Proof. intros x y H. destruct (Rtotal_order x 0) as [|[|]]; nra. Qed.

(* A step of two variables that is linear has the roots of its characteristic polynomial for eigenvalues. *)
Lemma spectrum2_roots : forall f p q r s P, (forall v x, f v x = (p * v + q * x, r * v + s * x)) ->
  spectrum2 f P <-> (forall a b, root (p + s) (p * s - q * r) a b -> P a b).
Proof.
  unfold spectrum2, root. intros f p q r s P L. split.
  - intros H a b [E F]. destruct (Req_dec q 0) as [Q|Q].
    + destruct (Req_dec r 0) as [Z|Z].
      * subst q r. assert (b = 0) by (destruct (Rmult_integral _ _ F); [easy|]; assert (s = 2 * a - p) by lra;
          subst s; assert (b * b + (a - p) * (a - p) = 0) by lra; now apply zero_of_square with (a - p)). subst b.
        assert (M : (a - p) * (a - s) = 0) by lra. destruct (Rmult_integral _ _ M).
        -- apply (H a 0 1 0 0 0); rewrite ?L; [intros K; decompose [and] K; lra | f_equal; lra ..].
        -- apply (H a 0 0 1 0 0); rewrite ?L; [intros K; decompose [and] K; lra | f_equal; lra ..].
      * apply (H a b (a - s) r b 0); rewrite ?L; [intros K; decompose [and] K; lra | f_equal; nra ..].
    + apply (H a b q (a - p) 0 b); rewrite ?L; [intros K; decompose [and] K; lra | f_equal; nra ..].
  - intros H a b v x w y N E F. rewrite L in E, F. injection E as E1 E2. injection F as F1 F2. apply H.
    set (X := a * a - b * b - (p + s) * a + (p * s - q * r)). set (Y := b * (2 * a - (p + s))).
    set (e := p * v + q * x - (a * v - b * w)). set (f' := p * w + q * y - (a * w + b * v)).
    set (g := r * v + s * x - (a * x - b * y)). set (h := r * w + s * y - (a * y + b * x)).
    assert (Ze : e = 0) by (unfold e; lra). assert (Zf : f' = 0) by (unfold f'; lra).
    assert (Zg : g = 0) by (unfold g; lra). assert (Zh : h = 0) by (unfold h; lra).
    assert (G1 : X * v - Y * w = (s - a) * e + b * f' - q * g) by (unfold X, Y, e, f', g; ring).
    assert (G2 : X * w + Y * v = (s - a) * f' - b * e - q * h) by (unfold X, Y, e, f', h; ring).
    assert (G3 : X * x - Y * y = (p - a) * g + b * h - r * e) by (unfold X, Y, e, g, h; ring).
    assert (G4 : X * y + Y * x = (p - a) * h - b * g - r * f') by (unfold X, Y, f', g, h; ring).
    rewrite Ze, Zf, Zg, Zh in *.
    clearbody X Y. clear - N G1 G2 G3 G4.
    assert (K : 0 < v * v + w * w + x * x + y * y) by
      (destruct (Req_dec v 0), (Req_dec x 0), (Req_dec w 0), (Req_dec y 0); try tauto; nra).
    assert (M : (X * X + Y * Y) * (v * v + w * w + x * x + y * y) = 0) by
      (replace ((X * X + Y * Y) * (v * v + w * w + x * x + y * y)) with
         ((X * v - Y * w) * (X * v - Y * w) + (X * w + Y * v) * (X * w + Y * v) +
          (X * x - Y * y) * (X * x - Y * y) + (X * y + Y * x) * (X * y + Y * x)) by ring;
       rewrite G1, G2, G3, G4; ring).
    destruct (Rmult_integral _ _ M); [split | lra].
    + apply zero_of_square with Y; lra.
    + apply zero_of_square with X; lra.
Qed.

Lemma spectrum1_root : forall f m P, (forall x, f x = m * x) -> spectrum1 f P <-> P m 0.
Proof.
  unfold spectrum1. intros f m P L. split.
  - intros H. apply (H m 0 1 0); rewrite ?L; [intros K; decompose [and] K; lra | lra ..].
  - intros H a b x y N E F. rewrite L in E, F.
    assert (K : 0 < x * x + y * y) by (destruct (Req_dec x 0), (Req_dec y 0); try tauto; nra).
    assert (M : ((m - a) * (m - a) + b * b) * (x * x + y * y) = 0) by
      (replace (((m - a) * (m - a) + b * b) * (x * x + y * y)) with
         ((m * x - (a * x - b * y)) * (m * x - (a * x - b * y)) + (m * y - (a * y + b * x)) * (m * y - (a * y + b * x)))
         by ring; rewrite E, F; ring).
    destruct (Rmult_integral _ _ M); [|lra].
    assert (m - a = 0) by (apply zero_of_square with b; lra).
    assert (b = 0) by (apply zero_of_square with (m - a); lra). replace m with a in H by lra. now subst.
Qed.

Ltac by_roots :=
  match goal with
  | |- context [spectrum2 ?f ?P] =>
      rewrite (spectrum2_roots f (fst (f 1 0)) (fst (f 0 1)) (snd (f 1 0)) (snd (f 0 1)))
        by (intros; cbn [fst snd]; f_equal; (ring || (field; not_zero)))
  | |- context [spectrum1 ?f ?P] =>
      rewrite (spectrum1_root f (f 1)) by (intros; (ring || (field; not_zero)))
  end; cbn [fst snd]; rewrite ?roots_stable.

Lemma below_quotient : forall x n d, 0 < d -> x < n / d <-> x * d < n.
Proof.
  intros x n d Hd. replace n with (n / d * d) at 2 by (field; lra).
  split; intros H; [now apply Rmult_lt_compat_r | now apply Rmult_lt_reg_r in H].
Qed.

Lemma between : forall c d mu L x, mu < L -> mu <= x <= L -> 0 <= c + d * mu -> 0 <= c + d * L -> 0 <= c + d * x.
Proof.
  intros c d mu L x H [H1 H2] Hc Hd.
  assert (0 <= (c + d * mu) * (L - x)) by (apply Rmult_le_pos; lra).
  assert (0 <= (c + d * L) * (x - mu)) by (apply Rmult_le_pos; lra).
  assert (0 <= (c + d * x) * (L - mu)) by nra.
  apply Rmult_le_reg_r with (L - mu); lra.
Qed.

Lemma within_line : forall r m, 0 <= r - m -> 0 <= r + m -> within r m 0.
Proof. unfold within. intros. assert (0 <= (r - m) * (r + m)) by (apply Rmult_le_pos; lra). lra. Qed.

Lemma on_line : forall r m, 0 <= r -> within r m 0 -> - r <= m <= r.
Proof. unfold within. intros r m Hr H. split; nra. Qed.

Ltac by_roots_in H :=
  match type of H with
  | context [spectrum2 ?f ?P] =>
      rewrite (spectrum2_roots f (fst (f 1 0)) (fst (f 0 1)) (snd (f 1 0)) (snd (f 0 1))) in H
        by (intros; cbn [fst snd]; f_equal; (ring || (field; not_zero)))
  | context [spectrum1 ?f ?P] =>
      rewrite (spectrum1_root f (f 1)) in H by (intros; (ring || (field; not_zero)))
  end; cbn [fst snd] in H.
"""
