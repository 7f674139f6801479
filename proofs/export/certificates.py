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
}
