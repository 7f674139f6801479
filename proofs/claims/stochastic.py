"""Claims about stochastic gradient descent, as the lecture (L) prints them, each step apart."""

from __future__ import annotations

from ...optimizers.rules import gradient_descent, heavy_ball, nesterov
from ..kinds import (
    Claim,
    EquivalentNoiseClaim,
    ExponentialDecayClaim,
    GrowthClaim,
    IdentityClaim,
    InductionClaim,
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
    InductionClaim("G1", r"A uniform sample’s gradient has the full gradient as its mean: adding $\frac1n\partial f_i$ up over "
                   r"any number of samples gives $\frac1n$ of what adding $\partial f_i$ up gives ($p = \frac1n$)", _SAMPLING,
                   {"E": "0", "F": "0"}, {"E": "E + p*g", "F": "F + g"}, ("E - p*F >= 0", "p*F - E >= 0"),
                   constants=("p",)),
    InductionClaim("G1.batch", r"… and so has the mean of a batch of $b$ without replacement: a sample is still out of it after "
                   r"$k$ draws with the probability $q_k = \frac{n-k}n$, from $q_{k+1} = q_k\frac{n-k-1}{n-k}$, so it is in a "
                   r"batch with the probability $\frac bn$ and counts $\frac1b$ there", _SAMPLING,
                   {"q": "1", "k": "0"}, {"q": "q*(n - k - 1)/(n - k)", "k": "k + 1"},
                   ("n*q - (n - k) >= 0", "(n - k) - n*q >= 0", "n - k >= 0"), ("n - k - 1 >= 0",), ("n",), ("n >= 1",),
                   (), ("n*(1 - q) - k >= 0", "k - n*(1 - q) >= 0")),
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
    InequalityClaim("G4.progress", r"“We make progress as long as the expected difference outweighs $\eta_tL^2$”: G4’s bound is "
                    r"positive then (and so it is above $\eta_tL^2/2$)", _CONVEX, ("eta > 0", "gap - eta*L**2 > 0"),
                    "2*eta*gap - eta**2*L**2 > 0"),
    InequalityClaim("G4.vanish", r"“Since the former is bound to converge to 0 it follows that the learning rate $\eta_t$ also needs "
                    r"to vanish”, read as: at no constant $\eta$ do the iterates come nearer, on $\tfrac\lambda2w^2$ with "
                    r"gradients that are exact, $h = \eta\lambda$", _CONVEX, ("h > 0", "w**2 > 0"), "((1 - h)*w)**2 - w**2 >= 0",
                    corrected=InequalityClaim(
                        "G4.vanish_corrected", r"With noise of variance $\sigma^2$ it does: the mean square after a step is "
                        r"$(1-\eta\lambda)^2V + \eta^2\sigma^2 \ge \eta^2\sigma^2$, which tends to 0 only if $\eta$ does",
                        "eigenstep", ("V >= 0",), "(1 - eta*lam)**2*V + eta**2*s**2 - eta**2*s**2 >= 0")),
    InductionClaim("G5", r"$\|w_0-w^*\|^2 \ge 2\sum_{t<T}\eta_t(\mathbb E R(w_t) - R^*) - L^2\sum_{t<T}\eta_t^2$, G4 summed over the "
                   r"steps from $w_0$ to $w_T$", _CONVEX,
                   {"W": "W0", "A": "0", "B": "0"}, {"W": "W1", "A": "A + eta*gap", "B": "B + eta**2"},
                   ("W0 - W - 2*A + L**2*B >= 0", "W >= 0"), (*_STEP, "W1 >= 0"), ("W0", "L"), ("W0 >= 0",), (),
                   ("W0 - 2*A + L**2*B >= 0",)),
    InequalityClaim("G5.indices", r"… with the sums as printed, over $t = 1, \dots, T$, on $L\lvert w\rvert$ from $w_0 = w^* = 0$ with "
                    r"the subgradient $L$ there: $w_1 = -\eta_0L$, and at $T = 1$: $0 \ge 2\eta_1L\lvert w_1\rvert - "
                    r"L^2\eta_1^2$", _CONVEX, ("eta0 > 0", "eta1 > 0", "L > 0"), "0 - 2*eta1*L*(eta0*L) + L**2*eta1**2 >= 0",
                    corrected=InequalityClaim(
                        "G5.indices_corrected", r"The steps that sum to $T$ are $t = 0, \dots, T-1$ (G5), or it is $w_1$ from "
                        r"which they begin: $\|w_1-w^*\|^2 \ge 2\eta_1L\lvert w_1\rvert - L^2\eta_1^2$ there", "eigenstep", (),
                        "(eta0*L)**2 - 2*eta1*L*(eta0*L) + L**2*eta1**2 >= 0")),
    InductionClaim("G6.jensen", r"Jensen, term by term: $S\,R(\bar w) \le A$, $S = \sum\eta_t$, $A = \sum\eta_tR(w_t)$, holds of one "
                   r"term, and with it of $\bar w' = \frac{S\bar w + \eta w}{S+\eta}$, by convexity", _CONVEX,
                   {"S": "eta0", "A": "eta0*R0", "M": "R0"}, {"S": "S + eta", "A": "A + eta*R", "M": "M1"},
                   ("A - S*M >= 0", "S > 0"), ("eta >= 0", "S*M + eta*R - (S + eta)*M1 >= 0"), ("eta0", "R0"),
                   ("eta0 > 0",)),
    InequalityClaim("G6", r"$\mathbb E R(\bar w) - R^* \le \frac{r^2 + L^2\sum\eta_t^2}{2\sum\eta_t}$, from G5 and G6.jensen", _CONVEX,
                    ("S > 0", "r**2 - 2*A + L**2*B >= 0", "A - S*gap >= 0"),
                    "(r**2 + L**2*B)/(2*S) - gap >= 0"),
    IdentityClaim("G7", r"$\eta = \frac{r}{L\sqrt T}$ yields the bound $\frac{rL(1 + 1/T)}{2\sqrt T}$", _CONVEX,
                  "(r**2 + L**2*T*eta**2)/(2*T*eta)", "r*L*(1 + 1/T)/(2*sqrt(T))",
                  {"eta": "r/(L*sqrt(T))"},
                  corrected=InequalityClaim(
                      "G7.corrected", r"$\eta = \frac{r}{L\sqrt T}$ yields $\frac{rL}{\sqrt T}$ ($s = \sqrt T$, $\eta Ls = r$)", "eigenstep",
                      ("r > 0", "eta*L*s - r >= 0", "r - eta*L*s >= 0"),
                      "0 - ((r**2 + L**2*s**2*eta**2)/(2*s**2*eta) - r*L/s)**2 >= 0")),
    InequalityClaim("G7.optimal", r"No constant step gives a smaller bound: $\frac{r^2 + L^2T\eta^2}{2T\eta} "
                    r"\ge \frac{rL}{\sqrt T}$ ($s = \sqrt T$)", "eigenstep",
                    ("eta > 0", "s > 0"),
                    "(r**2 + L**2*s**2*eta**2)/(2*s**2*eta) - r*L/s >= 0"),
    GrowthClaim("G8.logarithm", r"$\frac{1}{T+1} \le \ln(1 + \frac1T)$ ($x = \frac1T$)", "eigenstep", "log(1 + x) - x/(1 + x)"),
    InductionClaim("G8.harmonic", r"… so $\sum_{t\le T}\frac1t \le 1 + \ln T$, $\ln(T+1) \ge \ln T + \frac1{T+1}$ being all that is used",
                   "eigenstep", {"H": "1", "n": "1", "ell": "0"}, {"H": "H + 1/(n + 1)", "n": "n + 1", "ell": "more"},
                   ("1 + ell - H >= 0", "n >= 1"), ("more - ell - 1/(n + 1) >= 0",)),
    InductionClaim("G8.roots", r"$\sum_{t\le T} t^{-1/2} \ge \sqrt T$: adds $\frac1q$ where $p = \sqrt T$ becomes $q = \sqrt{T+1}$",
                   "eigenstep", {"S": "1", "p": "1"}, {"S": "S + 1/q", "p": "q"}, ("S - p >= 0", "p >= 1"),
                   ("q - p >= 0", "p**2 + 1 - q**2 >= 0")),
    InequalityClaim("G8", r"$\eta_t = c/\sqrt t$: the bound is at most $\frac{r^2 + L^2c^2(1+\ln T)}{2c\sqrt T} "
                    r"= O(\log T/\sqrt T)$", _CONVEX,
                    ("c > 0", "s > 0", "S - c*s >= 0", "c**2*(1 + ell) - B >= 0",
                     "ell >= 0"),
                    "(r**2 + L**2*c**2*(1 + ell))/(2*c*s) - (r**2 + L**2*B)/(2*S) >= 0"),
    ExponentialDecayClaim("G9", r"“An exponential decay in $\eta$ leads to a bound of the form $O(\log T/T)$”, read with $\eta_t = "
                          r"\eta_0e^{-\lambda t}$ as printed, $\eta_0$ and $\lambda$ the same for every $T$ ($\eta_0\mu = \tfrac14$, "
                          r"$e^{-\lambda} = \tfrac12$)", _CONVEX, "1/4", "1/2",
                          corrected=InequalityClaim(
                              "G9.corrected", r"$\eta_t = \frac{1}{\mu t}$ gives $O(\log T/T)$: each step has "
                              r"$2(\mathbb E R(w_t) - R^*) \le \mu(t-1)W_t - \mu tW_{t+1} + \frac{L^2}{\mu t}$, "
                              r"which telescopes to $\frac{L^2(1+\ln T)}{2\mu T}$ on average",
                              "Shalev-Shwartz & Zhang 2013",
                              ("mu > 0", "t >= 1",
                               "W - W1 - 2*(1/(mu*t))*(gap + mu/2*W) + (1/(mu*t))**2*L**2 >= 0"),
                              "mu*(t - 1)*W - mu*t*W1 + L**2/(mu*t) - 2*gap >= 0")),
    ExponentialDecayClaim("G9.scaled", r"… with $\lambda$ in proportion to $\frac1T$, $e^{-\lambda} = e^{-1/T}$", _CONVEX, "1/4",
                          "exp(-1/T)",
                          corrected=ExponentialDecayClaim(
                              "G9.horizon", r"… with $\lambda = \frac{\ln T}T$, tuned to the horizon so that the last step is $\frac1T$ "
                              r"of the first: there it is so, of $\mathbb E\|w_T-w^*\|^2$ and (G9.average) of the risk of an "
                              r"average", _CONVEX, "1/4", "T**(-1/T)")),
    InductionClaim("G9.average", r"For every schedule with $a_t = \eta_t\mu \le 1$: $\mu^2W_T + 2\mu\sum_tp_t(\mathbb E R(w_t) - R^*) "
                   r"\le \mu^2W_0\prod(1-a_t) + L^2X_T$, $p_t = a_t\prod_{s>t}(1-a_s)$, $X_{t+1} = (1-a_t)X_t + a_t^2$; as $\sum p_t = "
                   r"1 - \prod(1-a_t)$ it bounds the average with these weights", "eigenstep",
                   {"W": "W0", "P": "1", "X": "0", "G": "0"},
                   {"W": "W1", "P": "(1 - a)*P", "X": "(1 - a)*X + a**2", "G": "(1 - a)*G + a*gap"},
                   ("mu**2*P*W0 + L**2*X - 2*mu*G - mu**2*W >= 0",),
                   ("mu**2*(1 - a)*W - 2*mu*a*gap + a**2*L**2 - mu**2*W1 >= 0", "1 - a >= 0"), ("W0", "L", "mu")),
    LimitClaim("G9.bound", r"… while the average of G6, with the weights $\eta_t$, is near its first terms: with $\gamma = T^{-1/T}$ "
               r"G6’s own bound $\frac{r^2 + L^2\sum\eta_t^2}{2\sum\eta_t}$ tends to $\frac{L^2\eta_0}4$, not to 0", "eigenstep",
               "(r**2 + L**2*eta**2*(1 - T**(-2))/(1 - T**(-2/T)))/(2*eta*(1 - T**(-1))/(1 - T**(-1/T)))", "T", "L**2*eta/4"),
    InductionClaim("G9.weierstrass", r"$\prod(1-a_t) \ge 1 - \sum a_t$ ($0 \le a_t \le 1$)", "eigenstep",
                   {"P": "1", "A": "0"}, {"P": "P*(1 - a)", "A": "A + a"}, ("P - 1 + A >= 0", "A >= 0"),
                   ("a >= 0", "1 - a >= 0")),
    LimitClaim("G10", r"$1 - (1 - \frac1n)^n \to 1 - e^{-1}$: drawn at least once in $n$ draws", _SAMPLING,
               "1 - (1 - 1/n)**n", "n", "1 - 1/e"),
    IdentityClaim("G11", r"Exactly once: $n\,\frac1n(1-\frac1n)^{n-1} = \frac{n-1}{n}(1-\frac1n)^n$, $n \ge 2$", _SAMPLING,
                  "n*(1/n)*(1 - 1/n)**(n - 1)", "(n - 1)/n*(1 - 1/n)**n", domain=("n >= 2",),
                  corrected=IdentityClaim(
                      "G11.corrected", r"$n\,\frac1n(1-\frac1n)^{n-1} = \frac{n}{n-1}(1-\frac1n)^n$, $n \ge 2$",
                      "eigenstep", "n*(1/n)*(1 - 1/n)**(n - 1)", "n/(n - 1)*(1 - 1/n)**n", domain=("n >= 2",))),
    LimitClaim("G11.limit", r"… which tends to $e^{-1}$", _SAMPLING, "(1 - 1/n)**(n - 1)", "n", "1/e"),
    InequalityClaim("G12", r"Sampling with replacement has the larger variance: $\frac{\sigma^2}{b} > "
                    r"\frac{\sigma^2}{b}\frac{n-b}{n-1}$ for $1 < b \le n$", _SAMPLING,
                    ("b > 1", "n - b >= 0", "v > 0"), "v/b - v/b*(n - b)/(n - 1) > 0"),
    MatrixIdentityClaim("G13.gradient", r"$l(w) = \tfrac12(w-x)^TQ(w-x)$ has the gradient $Qw - Qx$: $l(w+sd) - l(w) = s\,d^T(Qw - "
                        r"Qx) + \tfrac12s^2d^TQd$, noise $-Qx$ on the gradient $Qw$", "L, exercise", "uT*Q*u/2 - wT*Q*w/2",
                        "s*(dT*(Q*v - Q*x)) + s**2*(dT*Q*d)/2", {"u": "v + s*d - x", "w": "v - x"}),
    MatrixIdentityClaim("G13", r"… so for $Q \succ 0$ $x$ of mean 0 and covariance $\sigma^2Q^{-2}$ makes the noise’s covariance "
                        r"$Q\,\sigma^2Q^{-2}\,Q = \sigma^2I$", "L, exercise", "Q*(s**2*Qi*Qi)*Q", "s**2*I"),
    EquivalentNoiseClaim("G13.semidefinite", r"“Show that this property holds in general for $Q \succeq 0$”: normal noise $\sigma^2I$ "
                         r"on the gradient is minimizing $\tfrac12(w-x)^TQ(w-x)$ with normal $x$, of a $Q \succeq 0$ as printed",
                         "L, exercise", (((1, 0), (0, 0)),),
                         corrected=EquivalentNoiseClaim(
                             "G13.definite", r"It does where $Q$ has no zero eigenvalue (in general: G13), as for the printed "
                             r"$x_1^2 + 2x_2^2$: $x$ has the mean 0 and the variances $\frac{\sigma^2}4$, $\frac{\sigma^2}{16}$",
                             "L, exercise", (((2, 0), (0, 4)), ((2, 1), (1, 3))))),
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
    InequalityClaim("G16.gigaflops", r"“$2/i$” is the number of Gigaflops of a product of $256\times256$ matrices in $i$ seconds, that "
                    r"is $2\cdot256^3/10^9i$, up to a factor of 2", "L, Vectorization and Caches", ("i > 0",),
                    "2*(2*256**3/10**9)/i - 2/i > 0",
                    corrected=InequalityClaim(
                        "G16.gigaflops_corrected", r"It is more than 59 times as much: $2/i$ is for $1000\times1000$ matrices",
                        "eigenstep", ("i > 0",), "2/i - 59*(2*256**3/10**9)/i > 0")),
    InequalityClaim("G16.full", r"“Performance in Gigaflops: full 117.515”, by $2/i$ and the time printed for it, $i = "
                    r"0.005021572113037109$", "L, Vectorization and Caches", ("i - 0.005021572 >= 0", "0.005021573 - i >= 0"),
                    "117.516 - 2/i >= 0",
                    corrected=InequalityClaim(
                        "G16.full_corrected", r"It would be 398.282, what is printed as the performance of blocks",
                        "eigenstep", ("i - 0.005021572 >= 0",), "398.283 - 2/i >= 0")),
]  # fmt: skip
