"""Claims about stochastic gradient descent, as the lecture (L) prints them, each step apart."""

from __future__ import annotations

from ...optimizers.rules import gradient_descent, heavy_ball, nesterov
from ..kinds import (
    Claim,
    GrowthClaim,
    IdentityClaim,
    InequalityClaim,
    LimitClaim,
    MatrixIdentityClaim,
    SumClaim,
    VarianceClaim,
)

_CONVEX = "L, Convergence Analysis for Convex Objectives"
_SAMPLING = "L, Stochastic Gradients and Finite Samples"
_SIZE = "L, Minibatches"
# E[N_i²] and E[N_i N_j] of the counts of a batch of b from n, centred values: Σ_i x_i = 0, so
# Σ_i x_i² = nσ² and Σ_{i≠j} x_i x_j = −nσ².
_WITH = {"square": "b/n + b*(b - 1)/n**2", "cross": "b*(b - 1)/n**2"}
_WITHOUT = {"square": "b/n", "cross": "b*(b - 1)/(n*(n - 1))"}
_VARIANCE = "(square*n*s**2 - cross*n*s**2)/b**2"
_STEP = ("W - W1 - 2*eta*gap + L**2*eta**2 >= 0",)

CLAIMS: list[Claim] = [
    IdentityClaim("G1", r"A uniform sample’s gradient has the full gradient as its mean: in "
                  r"$\mathbb E\,\partial f_I = \sum_i \frac1n \partial f_i$ every sample has the weight that "
                  r"it has in $\partial f$", _SAMPLING, "p*g/1", "g/n", {"p": "1/n"}),
    IdentityClaim("G1.batch", r"… and so has the mean of a batch of $b$: each sample is in it with probability $\frac bn$ "
                  r"and counts $\frac1b$", _SAMPLING, "(b/n)*(g/b)", "g/n"),
    IdentityClaim("G2.with", r"A batch of $b$ with replacement: $\operatorname{Var} = \sigma^2/b$, from the "
                  r"exact moments of the counts", _SIZE, _VARIANCE, "s**2/b", _WITH),
    IdentityClaim("G2.without", r"… without replacement $\frac{\sigma^2}{b}\,\frac{n-b}{n-1}$", "eigenstep",
                  _VARIANCE, "s**2/b*(n - b)/(n - 1)", _WITHOUT),
    MatrixIdentityClaim("G3", r"$\|w_{t+1}-w^*\|^2 = \|w_t-w^*\|^2 + \eta^2\|\partial l\|^2 - 2\eta\langle "
                        r"w_t-w^*, \partial l\rangle$", _CONVEX, "uT*u",
                        "vT*v + eta**2*dT*d - 2*eta*vT*d", {"u": "v - eta*d"}),
    InequalityClaim("G4", r"$\|w_t-w^*\|^2 - \|w_{t+1}-w^*\|^2 \ge 2\eta(l(w_t) - l(w^*)) - \eta^2L^2$, from "
                    r"G3, convexity $\langle w_t - w^*, \partial l\rangle \ge l(w_t) - l(w^*)$ and "
                    r"$\|\partial l\| \le L$", _CONVEX,
                    ("eta >= 0", "inner - gap >= 0", "L**2 - square >= 0",
                                          "W + eta**2*square - 2*eta*inner - W1 >= 0"),
                    "W - W1 - 2*eta*gap + eta**2*L**2 >= 0"),
    InequalityClaim("G5.step", r"Summed, one term more: $\|w_0-w^*\|^2 - \|w_t-w^*\|^2 \ge 2A_t - L^2B_t$ goes "
                    r"on to $t+1$ with $A_{t+1} = A_t + \eta_t(\mathbb E R(w_t) - R^*)$, $B_{t+1} = B_t + "
                    r"\eta_t^2$", _CONVEX,
                    ("W0 - W - 2*A + L**2*B >= 0", *_STEP),
                    "W0 - W1 - 2*(A + eta*gap) + L**2*(B + eta**2) >= 0"),
    InequalityClaim("G5", r"$\|w_0-w^*\|^2 \ge 2\sum\eta_t(\mathbb E R(w_t) - R^*) - L^2\sum\eta_t^2$", _CONVEX,
                    ("W0 - W - 2*A + L**2*B >= 0", "W >= 0"), "W0 - 2*A + L**2*B >= 0"),
    InequalityClaim("G6.jensen", r"Jensen, one term more: $S\,R(\bar w) \le A$ goes on to $(S+\eta)\,R(\bar w') "
                    r"\le A + \eta R(w)$, $\bar w' = \frac{S\bar w + \eta w}{S+\eta}$, by convexity", _CONVEX,
                    ("A - S*R0 >= 0", "S*R0 + eta*R - (S + eta)*R1 >= 0"),
                    "A + eta*R - (S + eta)*R1 >= 0"),
    InequalityClaim("G6", r"$\mathbb E R(\bar w) - R^* \le \frac{r^2 + L^2\sum\eta_t^2}{2\sum\eta_t}$", _CONVEX,
                    ("S > 0", "r**2 - 2*A + L**2*B >= 0", "A - S*gap >= 0"),
                    "(r**2 + L**2*B)/(2*S) - gap >= 0"),
    IdentityClaim("G7", r"$\eta = \frac{r}{L\sqrt T}$ yields the bound $\frac{rL(1 + 1/T)}{2\sqrt T}$", _CONVEX,
                  "(r**2 + L**2*T*eta**2)/(2*T*eta)", "r*L*(1 + 1/T)/(2*sqrt(T))",
                  {"eta": "r/(L*sqrt(T))"},
                  corrected=IdentityClaim(
                      "G7.corrected", r"$\eta = \frac{r}{L\sqrt T}$ yields $\frac{rL}{\sqrt T}$", "eigenstep",
                      "(r**2 + L**2*T*eta**2)/(2*T*eta)", "r*L/sqrt(T)", {"eta": "r/(L*sqrt(T))"})),
    InequalityClaim("G7.optimal", r"No constant step gives a smaller bound: $\frac{r^2 + L^2T\eta^2}{2T\eta} "
                    r"\ge \frac{rL}{\sqrt T}$ ($s = \sqrt T$)", "eigenstep",
                    ("eta > 0", "s > 0"),
                    "(r**2 + L**2*s**2*eta**2)/(2*s**2*eta) - r*L/s >= 0"),
    GrowthClaim("G8.logarithm", r"$\frac{1}{T+1} \le \ln(1 + \frac1T)$, so $\sum_{t\le T}\frac1t \le 1 + \ln T$ by "
                r"induction ($x = \frac1T$)", "eigenstep", "log(1 + x) - x/(1 + x)"),
    InequalityClaim("G8.roots", r"$\sum_{t\le T} t^{-1/2} \ge \sqrt T$, one term more: $\sqrt T + "
                    r"\frac{1}{\sqrt{T+1}} \ge \sqrt{T+1}$ ($p = \sqrt T$, $q = \sqrt{T+1}$)", "eigenstep",
                    ("p >= 1", "q**2 - p**2 - 1 >= 0", "p**2 + 1 - q**2 >= 0"),
                    "p + 1/q - q >= 0"),
    InequalityClaim("G8", r"$\eta_t = c/\sqrt t$: the bound is at most $\frac{r^2 + L^2c^2(1+\ln T)}{2c\sqrt T} "
                    r"= O(\log T/\sqrt T)$", _CONVEX,
                    ("c > 0", "s > 0", "S - c*s >= 0", "c**2*(1 + ell) - B >= 0",
                     "ell >= 0"),
                    "(r**2 + L**2*c**2*(1 + ell))/(2*c*s) - (r**2 + L**2*B)/(2*S) >= 0"),
    InequalityClaim("G9", r"“An exponential decay in $\eta$ leads to $O(\log T/T)$”. With $\eta_t\mu = 2^{-t-2}$ on "
                    r"$\tfrac\mu2w^2$: whatever $\prod_{s\le t}(1-\eta_s\mu) = w_t/w_0$ is, given G9.weierstrass and "
                    r"$\sum\eta_s\mu \le \tfrac12$, it is below $\tfrac14$ at last", _CONVEX,
                    ("product - 1 + total >= 0", "1/2 - total >= 0"), "1/4 - product > 0",
                    corrected=InequalityClaim(
                        "G9.corrected", r"$\eta_t = \frac{1}{\mu t}$ gives $O(\log T/T)$: each step has "
                        r"$2(\mathbb E R(w_t) - R^*) \le \mu(t-1)W_t - \mu tW_{t+1} + \frac{L^2}{\mu t}$, "
                        r"which telescopes to $\frac{L^2(1+\ln T)}{2\mu T}$ on average",
                        "Shalev-Shwartz & Zhang 2013",
                        ("mu > 0", "t >= 1",
                         "W - W1 - 2*(1/(mu*t))*(gap + mu/2*W) + (1/(mu*t))**2*L**2 >= 0"),
                        "mu*(t - 1)*W - mu*t*W1 + L**2/(mu*t) - 2*gap >= 0")),
    InequalityClaim("G9.weierstrass", r"$\prod(1-a_t) \ge 1 - \sum a_t$, one factor more ($0 \le a \le 1$)",
                    "eigenstep", ("P - 1 + A >= 0", "a >= 0", "1 - a >= 0", "A >= 0"),
                    "P*(1 - a) - 1 + A + a >= 0"),
    LimitClaim("G10", r"$1 - (1 - \frac1n)^n \to 1 - e^{-1}$: drawn at least once in $n$ draws", _SAMPLING,
               "1 - (1 - 1/n)**n", "n", "1 - 1/e"),
    IdentityClaim("G11", r"Exactly once: $n\,\frac1n(1-\frac1n)^{n-1} = \frac{n-1}{n}(1-\frac1n)^n$", _SAMPLING,
                  "n*(1/n)*(1 - 1/n)**(n - 1)", "(n - 1)/n*(1 - 1/n)**n",
                  corrected=IdentityClaim(
                      "G11.corrected", r"$n\,\frac1n(1-\frac1n)^{n-1} = \frac{n}{n-1}(1-\frac1n)^n$, $n \ge 2$",
                      "eigenstep", "n*(1/n)*(1 - 1/n)**(n - 1)", "n/(n - 1)*(1 - 1/n)**n", domain=("n >= 2",))),
    LimitClaim("G11.limit", r"… which tends to $e^{-1}$", _SAMPLING, "(1 - 1/n)**(n - 1)", "n", "1/e"),
    InequalityClaim("G12", r"Sampling with replacement has the larger variance: $\frac{\sigma^2}{b} > "
                    r"\frac{\sigma^2}{b}\frac{n-b}{n-1}$ for $1 < b \le n$", _SAMPLING,
                    ("b > 1", "n - b >= 0", "v > 0"), "v/b - v/b*(n - b)/(n - 1) > 0"),
    MatrixIdentityClaim("G13.gradient", r"$\tfrac12(w-x)^TQ(w-x)$ has the gradient $Qw - Qx$ in $w$: noise "
                        r"$-Qx$ on the gradient $Qw$", "L, exercise", "Q*(v - x)", "Q*v - Q*x"),
    MatrixIdentityClaim("G13", r"… so $x$ of mean 0 and covariance $\sigma^2Q^{-2}$ makes the noise’s covariance "
                        r"$Q\,\sigma^2Q^{-2}\,Q = \sigma^2I$", "L, exercise", "Q*(s**2*Qi*Qi)*Q", "s**2*I"),
    SumClaim("G14.exponential", r"$\sum_{i\le t}\eta_0\gamma^i = \eta_0\frac{1-\gamma^{t+1}}{1-\gamma}$, bounded by "
             r"$\frac{\eta_0}{1-\gamma}$ ($\gamma = e^{-\lambda}$): with gradients bounded by $G$ the path is no "
             r"longer than $\frac{\eta_0G}{1-\gamma}$, wherever the minimum is", "L, Dynamic Learning Rate",
             "eta*gamma**i", "0", "t", "eta*(1 - gamma**(t + 1))/(1 - gamma)",
             domain=("eta > 0", "gamma > 0", "1 - gamma > 0")),
    LimitClaim("G14.polynomial", r"$\sum_{t<T}(\beta t+1)^{-1/2} \ge T(\beta T+1)^{-1/2} \to \infty$: the "
               r"reciprocal tends to 0", "L, Dynamic Learning Rate", "sqrt(beta*T + 1)/T", "T", "0"),
    InequalityClaim("G14.best", r"With noise of variance $\sigma^2$ on $\tfrac12\lambda w^2$ and $V = \mathbb E w^2$ no step ends "
                    r"below $\frac{V\sigma^2}{\lambda^2V+\sigma^2}$: $(1-\eta\lambda)^2V + \eta^2\sigma^2 \ge$ that", "eigenstep",
                    (),
                    "((1 - eta*lam)**2*V + eta**2*s**2)*(lam**2*V + s**2) - V*s**2 >= 0"),
    IdentityClaim("G14.harmonic", r"… attained by $\eta = \frac{\lambda V}{\lambda^2V+\sigma^2}$, with $\frac1{V^+} = \frac1V + "
                  r"\frac{\lambda^2}{\sigma^2}$: the best schedule decays as $\frac1t$", "eigenstep",
                  "1/((1 - eta*lam)**2*V + eta**2*s**2)", "1/V + lam**2/s**2", {"eta": "lam*V/(lam**2*V + s**2)"}),
    VarianceClaim("G15.gradient_descent", r"At constant $\eta$ the variance settles at "
                  r"$\frac{\eta}{\lambda(2-\eta\lambda)}$, not at 0", "L", gradient_descent,
                  "eta/(lambda_*(2 - eta*lambda_))"),
    VarianceClaim("G15.heavy_ball", r"… with momentum at $\frac{\eta(1+\beta)}{\lambda(1-\beta)(2(1+\beta) - "
                  r"\eta\lambda)}$", "eigenstep", heavy_ball,
                  "eta*(1 + beta)/(lambda_*(1 - beta)*(2*(1 + beta) - eta*lambda_))"),
    VarianceClaim("G15.nesterov", r"… with Nesterov’s at $\frac{\eta(1+\beta-\beta\eta\lambda)}{\lambda(1-\beta+"
                  r"\beta\eta\lambda)(2+2\beta-(1+2\beta)\eta\lambda)}$", "eigenstep", nesterov,
                  "eta*(1 + beta - beta*eta*lambda_)/(lambda_*(1 - beta + beta*eta*lambda_)"
                  "*(2 + 2*beta - (1 + 2*beta)*eta*lambda_))"),
]  # fmt: skip
