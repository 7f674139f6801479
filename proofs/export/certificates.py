"""Scripts for what no tactic finds alone. Statements are not here: they come from the claims."""

CERTIFICATES: dict[str, str] = {
    # r²D − … is η²·(the hypothesis of smoothness) and one of two sums, by the sign of η(2 − η(L + μ)).
    "worst_case.gradient_descent": """\
intros.
assert (0 <= D) by nra.
assert (0 <= (r ^ 2 - (1 - eta * mu) ^ 2) * D) by (apply Rmult_le_pos; nra).
assert (0 <= (r ^ 2 - (1 - eta * L) ^ 2) * D) by (apply Rmult_le_pos; nra).
assert (0 <= eta ^ 2 * ((L + mu) * P - mu * L * D - G)) by (apply Rmult_le_pos; nra).
destruct (Rle_dec 0 (eta * (2 - eta * (L + mu)))).
- assert (0 <= eta * (2 - eta * (L + mu)) * (P - mu * D)) by (apply Rmult_le_pos; nra). nra.
- assert (0 <= - (eta * (2 - eta * (L + mu))) * (L * D - P)) by (apply Rmult_le_pos; nra). nra.
""",
    # Were y ≤ x, w r ≥ r(x − p)(x − S) > p(x − r)(x − S) ≥ p(y − r)(y − S) ≥ w r.
    "P4.family": """\
intros.
enough (~ y <= x) by lra.
intros Hyx.
assert (0 <= p * ((x - y) * (x + y - r - S_))) by (repeat apply Rmult_le_pos; lra).
assert (0 < (x - S_) * ((r - p) * x)) by (repeat apply Rmult_lt_0_compat; lra).
assert (0 <= r * (w - (x - p) * (x - S_))) by (apply Rmult_le_pos; lra).
nra.
""",
    # N = (S − cs)(r² + L²c²(1 + l)) + csL²(c²(1 + l) − B).
    "G8": """\
intros.
assert (0 <= (S_ - c * s) * (r ^ 2 + L ^ 2 * c ^ 2 * (1 + ell))) by (apply Rmult_le_pos; nra).
assert (0 <= c * s * L ^ 2 * (c ^ 2 * (1 + ell) - B))
  by (apply Rmult_le_pos; [apply Rmult_le_pos; nra | lra]).
assert (0 < c * s) by nra.
replace ((r ^ 2 + L ^ 2 * c ^ 2 * (1 + ell)) / (2 * c * s) - (r ^ 2 + L ^ 2 * B) / (2 * S_))
  with ((S_ * (r ^ 2 + L ^ 2 * c ^ 2 * (1 + ell)) - c * s * (r ^ 2 + L ^ 2 * B)) / (2 * (c * s) * S_))
  by (field; split; nra).
apply of_sign; nra.
""",
    # Were 2|b| ≤ s, with 2|a| < s: |a − b| < s.
    "P21.stuck": """\
intros.
enough (~ 4 * b ^ 2 - step_ ^ 2 <= 0) by lra.
intros Hb.
assert (- step_ <= 2 * b <= step_) by nra.
assert (- step_ < a - b < step_) by lra.
nra.
""",
    # d rho (1 - rho)(1 - P), and the bounds on z and e times what multiplies them.
    "P14.slow.part5": """\
intros.
assert (0 <= rho * (d * rho - (1 - rho) * z)) by (apply Rmult_le_pos; lra).
assert (0 <= rho * (1 - rho) * P * (d + e)) by (repeat apply Rmult_le_pos; lra).
assert (0 <= rho * d * (1 - rho) * (1 - P)) by (repeat apply Rmult_le_pos; lra).
lra.
""",
    "P14.slow.part6": """\
intros.
assert (0 <= rho * (d * rho + (1 - rho) * z)) by (apply Rmult_le_pos; lra).
assert (0 <= rho * (1 - rho) * P * (d - e)) by (repeat apply Rmult_le_pos; lra).
assert (0 <= rho * d * (1 - rho) * (1 - P)) by (repeat apply Rmult_le_pos; lra).
lra.
""",
    # Were z < 1, so were y, and x - d + u <= y <= z - w.
    "P17.stays.part2": """\
intros.
enough (~ z < 1) by lra. intros Hz.
assert (y + w - z <= 0) by nra.
assert (x - d + u - y <= 0) by nra.
lra.
""",
    "P21.part7": """\
intros.
assert (E : k * n = step_) by lra. assert (F : S_ = n ^ 2) by lra. subst step_ S_. lra.
""",
    "P21.part8": """\
intros.
assert (E : k * n = step_) by lra. assert (F : S_ = n ^ 2) by lra. subst step_ S_. lra.
""",
    # η = r/(Ls), so both sides are L²η.
    "G7.corrected": """\
intros.
assert (E : r = eta * L * s) by lra. subst r.
assert (eta <> 0) by (intro Z; subst eta; lra).
match goal with |- 0 <= 0 - ?x ^ 2 => replace x with 0 by (field; tauto) end. lra.
""",
    # √(aa) is a.
    "P4.aligned": """\
intros.
assert (r = a) by nra. assert (s = b) by nra. subst r s.
match goal with |- 0 <= 0 - ?x ^ 2 => replace x with 0 by (field; tauto) end. lra.
""",
    # For c ≠ 0: twice the squares is (A + B)² + c²(…), A and B the first two.
    "text.adamw.proposition2": """\
intros.
destruct (Req_dec c 0) as [Z|Z]; [subst c; nra|].
assert (0 < c ^ 2) by nra.
assert (0 < c ^ 2 * ((m11 - m22) ^ 2 + m12 ^ 2 + m21 ^ 2)) by (apply Rmult_lt_0_compat; lra).
assert (0 <= (lam - c * m11 + (lam - c * m22)) ^ 2) by apply pow2_ge_0.
assert (0 <= (c * m12) ^ 2) by apply pow2_ge_0.
assert (0 <= (c * m21) ^ 2) by apply pow2_ge_0.
lra.
""",
    # The difference is 1/(4y²(4y − 1)).
    "text.radam.root": """\
intros.
assert (0 < 4 * (4 * y - 1) * (y * y)) by (repeat apply Rmult_lt_0_compat; lra).
match goal with |- 0 < ?x => replace x with (1 / (4 * (4 * y - 1) * (y * y))) by (field; lra) end.
apply Rdiv_lt_0_compat; lra.
""",
    # Half of each inequality, and (3/8 − c/4)W².
    "text.pepit.gradient_descent": """\
intros.
assert (0 <= (3 / 8 - c / 4) * WW) by (apply Rmult_le_pos; lra).
apply Rmult_le_reg_l with (4 * c + 2); [lra|].
match goal with |- _ <= _ * ?x => replace ((4 * c + 2) * x) with (XX - (4 * c + 2) * f1) by (field; lra) end.
assert (0 <= (4 * c + 2) * (1 / 2 * (f0 - f1 - c * (UU - WW) / 4 - WW / 2) + 1 / 2 * ((XU - XW) / 2 - c * (UU - WW) / 4 - (UU - 2 * UW + WW) / 8 - f1)
  + 1 / 2 * ((XU + XW) / 2 - (UU + 2 * UW + WW) / 8 - f0) + (3 / 8 - c / 4) * WW)) by (apply Rmult_le_pos; lra).
lra.
""",
    # 2xD − 1 ≤ u = (6y + 1)/(8y²), q ≤ 1/(y − 1/4), and 4/(2y − 1)² less their product is positive.
    "text.radam.theorem1": """\
intros. set (u := (6 * y + 1) / (8 * y ^ 2)). set (x := 2 * (y + 1 / 2) * d - 1).
assert (0 < u) by (apply Rdiv_lt_0_compat; nra).
assert (0 <= u - x).
{ assert (0 <= (2 * y + 1) * (1 / (2 * y) + 1 / (8 * y ^ 2) - d)) by (apply Rmult_le_pos; lra).
  assert (u = (2 * y + 1) * (1 / (2 * y) + 1 / (8 * y ^ 2)) - 1) by (unfold u; field; lra). unfold x; lra. }
assert (0 <= q * (u - x)) by (apply Rmult_le_pos; lra).
assert (0 <= (1 / (y - 1 / 4) - q) * u) by (apply Rmult_le_pos; lra).
enough (0 < 1 / (y - 1 / 2) ^ 2 - 1 / (y - 1 / 4) * u) by lra.
replace (1 / (y - 1 / 2) ^ 2 - 1 / (y - 1 / 4) * u) with
  ((8 * y ^ 3 + 12 * y ^ 2 - 2 * y - 1) / (2 * (y * y) * (4 * y - 1) * ((2 * y - 1) * (2 * y - 1))))
  by (unfold u; field; lra).
apply Rdiv_lt_0_compat; [nra | repeat apply Rmult_lt_0_compat; lra].
""",
    # The last three, times 1 − s, s and 1; and ‖e‖² times what is left.
    "text.pepit.nesterov": """\
intros s EE fy GG f1 f GE GZ ZZ ZE N1 N2 H1 H2 H3 H4 H5 H6 N3 N4.
assert (0 <= s ^ 3 * (1 - s) / (2 * (1 + s))) as K3.
{ apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow_le|]; lra | left; apply Rinv_0_lt_compat; lra]. }
apply (Rmult_le_pos _ _ K3) in H3. apply (Rmult_le_pos _ _ H2) in H5. apply (Rmult_le_pos _ _ (Rlt_le _ _ H1)) in H6.
sum_of (Rplus_le_le_0_compat _ _ (Rplus_le_le_0_compat _ _ H3 H4) (Rplus_le_le_0_compat _ _ H5 H6)).
""",
    # The two of g and x, times (1 − s)²/(2s²) and 1/(2s²), and the last.
    "text.pepit.triple_momentum_corrected": """\
intros XX GX s GG f1 N1 N2 H1 H2 H3 N3.
assert (0 < / (2 * s ^ 2)) as K by (apply Rinv_0_lt_compat; pose proof (Rlt_0_sqr s N1) as Q; unfold Rsqr in Q; lra).
apply (Rmult_le_pos _ _ (Rmult_le_pos _ _ (pow2_ge_0 (1 - s)) (Rlt_le _ _ K))) in H1.
apply (Rmult_le_pos _ _ (Rlt_le _ _ K)) in H2.
sum_of (Rplus_le_le_0_compat _ _ (Rplus_le_le_0_compat _ _ H1 H2) H3).
""",
}

NO_BETTER: dict[str, str] = {
    "tuning.gradient_descent": """\
intros mu L q eta r Hmu HL Hq HK Hr H.
pose proof (H mu ltac:(lra)) as Ha. pose proof (H L ltac:(lra)) as Hb. clear H.
by_roots_in Ha. by_roots_in Hb. apply on_line in Ha, Hb; try exact Hr.
apply Rmult_le_reg_r with (L + mu); [lra|].
match goal with |- ?x * _ <= _ => replace (x * (L + mu)) with (L - mu) by (field; repeat split; lra) end. nra.
""",
    # (1 - r)^2 <= eta mu and eta L <= (1 + r)^2, whatever beta is.
    "tuning.heavy_ball": """\
intros mu L q eta beta r Hmu HL Hq HK Hr H.
pose proof (H mu ltac:(lra)) as Ha. pose proof (H L ltac:(lra)) as Hb. clear H.
by_roots_in Ha. by_roots_in Hb. apply (roots_inside _ _ _ Hr) in Ha, Hb.
destruct Ha as (A1 & A2 & A3 & A4 & A5), Hb as (B1 & B2 & B3 & B4 & B5).
assert (E : L = mu * (q * q)) by (rewrite HK; field; lra). subst L.
set (e := eta * mu). assert (1 < q * q) by nra. assert (1 < q) by nra.
assert (D : 0 <= r * r - beta) by lra.
assert (C1 : 0 <= r * r + beta - (1 + beta - e) * r) by (unfold e; lra).
assert (C2 : 0 <= r * r + beta + (1 + beta - e * (q * q)) * r) by (unfold e; lra).
assert (C3 : - (2 * r) <= 1 + beta - e <= 2 * r) by (unfold e; lra).
assert (C4 : - (2 * r) <= 1 + beta - e * (q * q) <= 2 * r) by (unfold e; lra).
clearbody e. clear A1 A2 A3 A4 A5 B1 B2 B3 B4 B5 HK HL.
apply Rmult_le_reg_r with (q + 1); [lra|].
replace ((q - 1) / (q + 1) * (q + 1)) with (q - 1) by (field; lra).
destruct (Rle_dec (q - 1) (r * (q + 1))) as [|N]; [easy|]. exfalso.
assert (r < 1) by nra.
destruct (Req_dec r 0) as [Z|Z].
- subst r. assert (beta = 0) by lra. subst beta. assert (e = 1) by lra. subst e. lra.
- assert (F1 : 0 <= r * (e - (1 - r) * (1 - r))).
  { assert (0 <= (1 - r) * (r * r - beta)) by (apply Rmult_le_pos; lra). nra. }
  assert (F2 : 0 <= r * ((1 + r) * (1 + r) - e * (q * q))).
  { assert (0 <= (1 + r) * (r * r - beta)) by (apply Rmult_le_pos; lra). nra. }
  assert ((1 - r) * (1 - r) <= e) by (apply Rmult_le_reg_l with r; lra).
  assert (e * (q * q) <= (1 + r) * (1 + r)) by (apply Rmult_le_reg_l with r; lra).
  assert (G1 : (1 - r) * (1 - r) * (q * q) <= (1 + r) * (1 + r)) by nra.
  assert (G2 : 1 + r < q * (1 - r)) by lra. clear - G1 G2 Hr. nra.
""",
    # With e = eta mu and k = L/mu: k e is bounded at L and e at mu, in three cases of beta.
    "tuning.nesterov": """\
intros mu L q eta beta r Hmu HL Hq HK Hr H.
pose proof (H mu ltac:(lra)) as Ha. pose proof (H L ltac:(lra)) as Hb. clear H.
by_roots_in Ha. by_roots_in Hb. apply (roots_inside _ _ _ Hr) in Ha, Hb.
destruct Ha as (A1 & A2 & A3 & A4 & A5), Hb as (B1 & B2 & B3 & B4 & B5).
set (k := (q * q - 1) / 3).
assert (E : L = mu * k) by (unfold k; rewrite HK; field; lra). subst L.
assert (K1 : 1 < k) by nra. assert (Kq : q * q = 3 * k + 1) by (unfold k; lra). clearbody k.
set (e := eta * mu).
assert (C1 : 0 <= r * r - beta * (1 - e)) by (unfold e; lra).
assert (C2 : 0 <= r * r + beta * (1 - e) - (1 + beta) * (1 - e) * r) by (unfold e; lra).
assert (C3 : - (2 * r) <= (1 + beta) * (1 - e) <= 2 * r) by (unfold e; lra).
assert (D1 : 0 <= r * r - beta * (1 - k * e)) by (unfold e; lra).
assert (D2 : 0 <= r * r + beta * (1 - k * e) - (1 + beta) * (1 - k * e) * r) by (unfold e; lra).
assert (D3 : 0 <= r * r + beta * (1 - k * e) + (1 + beta) * (1 - k * e) * r) by (unfold e; lra).
assert (D4 : - (2 * r) <= (1 + beta) * (1 - k * e) <= 2 * r) by (unfold e; lra).
clearbody e. clear A1 A2 A3 A4 A5 B1 B2 B3 B4 B5 HK HL.
destruct (Rle_dec (1 - 2 / q) r) as [|N]; [easy|]. exfalso.
assert (N1 : 2 < q * (1 - r)).
{ assert (0 < q * (1 - r - 2 / q)) by (apply Rmult_lt_0_compat; lra).
  replace (q * (1 - r - 2 / q)) with (q * (1 - r) - 2) in H by (field; lra). lra. }
assert (R1 : r < 1) by nra.
assert (M : (1 + r) * (3 - r) < 3 * k * ((1 - r) * (1 - r))).
{ assert (4 < q * (1 - r) * (q * (1 - r))) by nra. nra. }
clear N N1 Kq Hq q.
destruct (Req_dec r 0) as [Z|Z].
{ subst r. assert (beta * (1 - e) = 0) by lra. assert (beta * (1 - k * e) = 0) by lra.
  assert (e = 1) by lra. subst e. lra. }
assert (R0 : 0 < r) by lra. clear Z.
destruct (Rle_dec r (beta * (2 - r))) as [U|U].
- assert (Hb : 0 < beta) by nra.
  assert (F : 0 <= beta * (e - (1 - r) * (1 - r))).
  { assert (0 <= r * (beta * (2 - r) - r)) by (apply Rmult_le_pos; lra). lra. }
  assert (Fe : (1 - r) * (1 - r) <= e) by (apply Rmult_le_reg_l with beta; lra).
  set (B := r + beta * (1 + r)). assert (HB : 0 < B) by (unfold B; nra).
  assert (G : k * e * B <= B + r * r) by (unfold B; lra).
  assert (GB : 3 * (r * r) <= B * (r * (2 - r))).
  { assert (0 <= r * (1 + r) * (beta * (2 - r) - r)) by (apply Rmult_le_pos; nra). unfold B. lra. }
  assert (Gk : 0 <= k * B * (e - (1 - r) * (1 - r))) by (apply Rmult_le_pos; [apply Rmult_le_pos|]; lra).
  assert (Q : 0 < B * (3 * k * ((1 - r) * (1 - r)) - (1 + r) * (3 - r))) by (apply Rmult_lt_0_compat; lra).
  lra.
- destruct (Rle_dec (- r) (2 * beta)) as [V|V].
  + set (A := r - beta * (1 - r)). set (B := r + beta * (1 + r)).
    assert (Hrb : 0 < r - beta) by nra.
    assert (HA : 0 < A) by (unfold A; nra). assert (HB : 0 < B) by (unfold B; nra).
    assert (Fe : (r - beta) * (1 - r) <= e * A) by (unfold A; lra).
    assert (G : k * e * B <= (r + beta) * (1 + r)) by (unfold B; lra).
    assert (F : 3 * (1 - r) * ((r + beta) * A) <= (3 - r) * ((r - beta) * B)).
    { assert (0 <= 2 * r * ((r - (2 - r) * beta) * (r + 2 * beta)))
        by (apply Rmult_le_pos; [lra | apply Rmult_le_pos; lra]). unfold A, B. lra. }
    assert (S1 : 0 <= 3 * k * (1 - r) * B * (e * A - (r - beta) * (1 - r)))
      by (apply Rmult_le_pos; [repeat apply Rmult_le_pos|]; lra).
    assert (S2 : 0 <= 3 * (1 - r) * A * ((r + beta) * (1 + r) - k * e * B))
      by (apply Rmult_le_pos; [repeat apply Rmult_le_pos|]; lra).
    assert (S3 : 0 <= (1 + r) * ((3 - r) * ((r - beta) * B) - 3 * (1 - r) * ((r + beta) * A)))
      by (apply Rmult_le_pos; lra).
    assert (Q : 0 < (r - beta) * B * (3 * k * ((1 - r) * (1 - r)) - (1 + r) * (3 - r)))
      by (apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat|]; lra).
    lra.
  + set (b := - beta). assert (beta = - b) by (unfold b; lra). clearbody b. subst beta.
    set (A := r + b * (1 - r)). assert (HA : 0 < A) by (unfold A; nra).
    assert (Fk : 0 <= b * (1 + 2 * r - k * e)).
    { assert (0 <= r * (2 * b - r)) by (apply Rmult_le_pos; lra). lra. }
    assert (Gk : k * e <= 1 + 2 * r) by (apply Rmult_le_reg_l with b; lra).
    assert (Fe : 0 <= A * (e * (3 - r) - 3 * (1 - r))).
    { assert (0 <= r * (1 - r) * (2 * b - r)) by (apply Rmult_le_pos; nra).
      assert (0 <= (3 - r) * (e * A - (A - r * r))) by (apply Rmult_le_pos; unfold A; lra).
      unfold A in *. lra. }
    assert (Ge : 3 * (1 - r) <= e * (3 - r)) by (apply Rmult_le_reg_l with A; lra).
    assert (S1 : 0 <= k * (1 - r) * (e * (3 - r) - 3 * (1 - r))) by (apply Rmult_le_pos; [apply Rmult_le_pos|]; lra).
    assert (S2 : 0 <= (1 - r) * (3 - r) * (1 + 2 * r - k * e)) by (apply Rmult_le_pos; [apply Rmult_le_pos|]; lra).
    assert (S3 : 0 <= r * r * (3 - r)) by (apply Rmult_le_pos; nra). lra.
""",
}
"""The same for the half of a tuning's optimality that no hyperparameters reach a smaller rate."""
