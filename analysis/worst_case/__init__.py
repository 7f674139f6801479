r"""What a linear rule does at worst on every L-smooth μ-strongly convex function, from its code alone.

**The question.** A rule ξ⁺ = Aξ + Bg takes its gradient g = ∇f(y) at y = Cξ. On quadratics the
eigenvalues of A + λBC, λ ∈ [μ, L], answer everything. Here f is any function with f − μ/2‖·‖² convex
and ∇f L-Lipschitz, of any dimension, its minimizer put at 0. H(z) = C(zI − A)⁻¹B = N(z)/D(z)
(:mod:`.transfer`) holds all that is asked of the rule. Neither the dimension of f nor a semidefinite
program enters.

**Interpolation** (Taylor, Hendrickx & Glineur 2017, Theorem 4). With u = g − μy, v = Ly − g and ψ = (L
− μ)(f(y) − f(0) − μ/2‖y‖²) − ½‖u‖², points, gradients and values belong to one f of the class exactly
if, for all s and t,

    ⟨u_t, v_t − v_s⟩ ≥ ψ_t − ψ_s,   ⟨u_t, v_t⟩ ≥ ψ_t ≥ 0                                            (1)

(the second and third are the first for pairs with the minimizer, where u = v = ψ = 0).

**A rate from above** (:mod:`.certificates`). Let λ_d ≥ 0, Σλ_d ≤ 1, Σλ_d ρ⁻²ᵈ ≤ 1, the lags d ≠ 0
finitely many. Multiply (1) for the pair (t, t − d) by λ_d ρ⁻²ᵗ and the second of (1) by (1 − Σλ_d)ρ⁻²ᵗ;
what lies before the start counts as the minimizer. The sum over t is

    Σ_t ρ⁻²ᵗ⟨u_t, v_t − Σλ_d v_{t−d}⟩ ≥ Σ_t ρ⁻²ᵗψ_t (1 − Σλ_d ρ⁻²ᵈ) ≥ 0     (2)

for all sequences for which the sums converge. Put P = D − μN, Q = LN − D. The loop is y = N·w, u = P·w,
v = Q·w with w driven by the initial state, which enters as C(A + μBC)ᵗξ₀.

*Theorem.* If q = Re{conj(P)(1 − Σλ_d z⁻ᵈ)Q} < 0 on \|z\| = ρ and P has all its roots in \|z\| < ρ, then
for every f of the class and every ξ₀: ‖ξ_t‖ ≤ c ρᵗ‖ξ₀‖, with one c.

*Proof.* f_τ = μ/2‖·‖² + τ(f −
μ/2‖·‖²), 0 ≤ τ ≤ 1, is of the class too. For τ = 0 the loop is linear with the characteristic
polynomial P: it holds. Where it holds for τ, ρ⁻ᵗy_t and ρ⁻ᵗu_t are square summable, so that (2) holds
for them; by Parseval, on \|z\| = ρ the left of (2) is the mean of q\|w\|² plus terms with the initial
state; q ≤ −ε(\|P\|² + \|N\|²) on the circle, so that ‖y‖_ρ ≤ c‖ξ₀‖ with a c that does not depend on τ.
As ∇f_τ moves by at most (L − μ)\|τ − τ′\|‖y‖ and P is Schur at ρ, the small-gain theorem carries the
bound from τ to all τ′ within a step that is the same everywhere: it reaches τ = 1. Since D − μN =
det(zI − A − μBC) is not brought to lowest terms, every part of ξ follows. ∎

(The frequency test with
Zames and Falb's multipliers, weighted by ρ: Lessard, Recht & Packard 2016; Boczar, Lessard, Packard &
Recht 2017. The homotopy: Megretski & Rantzer 1997. Two constraints on λ in place of the one Σλ_d max(1,
ρ⁻²ᵈ) ≤ 1, as used here, are weaker and give better rates.)

q is a polynomial in c = cos φ, so that a Sturm sequence decides it in rationals (:mod:`.rationals`). With one
multiplier the test is an interval of λ₁ at each angle: whole maps take a fraction of a second (:mod:`.maps`).

**From below: cycles and spirals** (:mod:`.cycles`, :mod:`.spirals`). The dual of the test is a run:
energies p_k ≥ 0 on harmonics z_k, \|z_k\| = ρ, with y_t = ⊕ √p_k z_kᵗ. For ρ = 1 and roots of unity it
is a cycle; by (1) it belongs to a function of the class exactly if ⟨u_t, v_t − v_s⟩ ≥ 0 for all s and
t, and that function is written down: μ/2‖x‖² + (L − μ)/2 dist(x, conv{c_t})². (Cycles of heavy ball:
Goujaud, Taylor & Dieuleveut 2023; the inequality for every linear rule and every star polygon, and
cycles of several harmonics by a linear program, are derived here.) For ρ < 1 it is a spiral: no bound
c·rᵗ with r < ρ holds. Initial states are free in all of this.

References:
    Lessard, Recht & Packard 2016, SIAM J. Optim. 26(1); Megretski & Rantzer 1997, IEEE TAC 42(6);
    Taylor, Hendrickx & Glineur 2017, Math. Program. 161; Van Scoy, Freeman & Lynch 2018, IEEE L-CSS
    2(1); Boczar, Lessard, Packard & Recht 2017, arXiv:1706.01337; Goujaud, Taylor & Dieuleveut 2023,
    arXiv:2307.11291.

May import the ground, and the parts of the linear theory.

>>> from fractions import Fraction
>>> from eigenstep.analysis import derive
>>> from eigenstep.optimizers.rules import heavy_ball
>>> trapped = derive(heavy_ball).worst_case(mu=1, L=25, lr=Fraction(1, 9), beta=Fraction(4, 9))
>>> trapped.verdict, trapped.cycle.steps
('cycles', 3)
>>> low, high = derive(heavy_ball).worst_case(mu=1, L=25, lr=0.06, beta=0.5).rate
>>> round(low, 5), round(high, 5)
(0.85565, 0.85565)
"""

from .certificates import Certificate, NotCertified
from .cycles import Cycle
from .maps import WorstCaseMap
from .verdicts import WorstCase

__all__ = ["Certificate", "Cycle", "NotCertified", "WorstCase", "WorstCaseMap"]
