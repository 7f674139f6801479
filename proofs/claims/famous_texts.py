"""Sentences of well-known papers, as printed elsewhere than in the lecture, each decided as it stands.

An id begins with ``text``, then a word for the paper. What a paper leaves open is said in the statement
as a reading.
"""

from __future__ import annotations

from ...analysis import freeze
from ...optimizers.rules import adam, gradient_descent, heavy_ball, nesterov
from ..kinds import (
    Claim,
    ComplexRateClaim,
    DivergenceClaim,
    EquationsClaim,
    IdentityClaim,
    ImpulseClaim,
    InequalityClaim,
    LimitClaim,
    MatrixClaim,
    MatrixPowerClaim,
    NoiseStepClaim,
    RegionClaim,
    ScaleVarianceClaim,
    StepBoundClaim,
    SymmetryClaim,
    TuningClaim,
)

_ADAM = "Kingma & Ba 2015, arXiv:1412.6980"
_DECAY = "Loshchilov & Hutter 2019, arXiv:1711.05101"
_AMSGRAD = "Reddi, Kale & Kumar 2018"
_NAG = "Sutskever et al. 2013"
_DISTILL = "Goh 2017, Why momentum really works, Distill"
_RADAM = "Liu et al. 2020, arXiv:1908.03265"
_MUON = "Liu et al. 2025, arXiv:2502.16982"

_SPARSE = "(1 - beta1)/sqrt(1 - beta2)"
_LARGEST = ("(1 - beta1)/(1 - beta1**t)*sqrt((1 - beta2**t)/(1 - beta2)"
            "*(1 - beta1**(2*t)/beta2**t)/(1 - beta1**2/beta2))")  # fmt: skip
_LEAST = "(1 - beta1)/sqrt((1 - beta2)*(1 - beta1**2/beta2))"
_MEMORY = ("beta1**2 < beta2",)

_KINGMA: list[Claim] = [
    StepBoundClaim("text.adam.sparse", r"“$\lvert\Delta_t\rvert \le \alpha\frac{1-\beta_1}{\sqrt{1-\beta_2}}$ in the "
                   r"case $1-\beta_1 > \sqrt{1-\beta_2}$”, at $\epsilon = 0$", f"{_ADAM}, section 2.1", adam,
                   _SPARSE, ("(1 - beta1)**2 > 1 - beta2",),
                   corrected=StepBoundClaim(
                       "text.adam.sparse_corrected", r"For $\beta_1^2 < \beta_2$ every step is below $\alpha\frac{1-\beta_1}"
                       r"{\sqrt{(1-\beta_2)(1-\beta_1^2/\beta_2)}}$, which is 7.27α at the defaults (print: 3.16α)",
                       "eigenstep", adam, _LEAST, _MEMORY)),
    StepBoundClaim("text.adam.otherwise", r"“… and $\lvert\Delta_t\rvert \le \alpha$ otherwise”", f"{_ADAM}, section 2.1",
                   adam, "1", ("(1 - beta1)**2 <= 1 - beta2",),
                   corrected=StepBoundClaim(
                       "text.adam.equal", r"$\lvert\Delta_t\rvert \le \alpha$ for all gradients where $\beta_1 = \beta_2$",
                       "eigenstep", adam, "1", ties={"beta2": "beta1"})),
    StepBoundClaim("text.adam.largest", r"The largest $\lvert\Delta_t\rvert$ is exactly $\alpha\frac{1-\beta_1}{1-\beta_1^t}"
                   r"\sqrt{\frac{1-\beta_2^t}{1-\beta_2}\sum_{i<t}(\beta_1^2/\beta_2)^i}$, by Cauchy–Schwarz, at gradients that "
                   r"grow by $\beta_2/\beta_1$ a step ($\beta_1^2 < \beta_2$)", "eigenstep", adam, _LARGEST, _MEMORY, True),
    StepBoundClaim("text.adam.equality", r"“When $1-\beta_1 = \sqrt{1-\beta_2}$ we have that $\lvert\hat m_t/\sqrt{\hat v_t}\rvert "
                   r"< 1$”, weakened to $\le 1$", f"{_ADAM}, section 2.1", adam, "1",
                   ties={"beta2": "1 - (1 - beta1)**2"},
                   corrected=StepBoundClaim(
                       "text.adam.equality_corrected", r"There $\beta_1^2/\beta_2 = \frac{\beta_1}{2-\beta_1}$, and every step is below "
                       r"$\alpha\sqrt{\frac{2-\beta_1}{2-2\beta_1}}$, 2.3α at $\beta_1 = 0.9$", "eigenstep", adam,
                       "sqrt((2 - beta1)/(2 - 2*beta1))", ties={"beta2": "1 - (1 - beta1)**2"})),
    EquationsClaim("text.adam.epsilon", r"“Replacing the last three lines with $\alpha_t = \alpha\sqrt{1-\beta_2^t}/(1-\beta_1^t)$ "
                   r"and $\theta \leftarrow \theta - \alpha_t m/(\sqrt v + \hat\epsilon)$”: read with the same number for "
                   r"$\hat\epsilon$ as for $\epsilon$", f"{_ADAM}, section 2", adam,
                   {"m": "beta1*m + (1 - beta1)*g", "v": "beta2*v + (1 - beta2)*g**2",
                    "rate": "eta*sqrt(1 - beta2**t)/(1 - beta1**t)", "theta": "theta - rate*m/(sqrt(v) + eps)"},
                   corrected=IdentityClaim(
                       "text.adam.epsilon_hat", r"It is Adam for $\hat\epsilon = \epsilon\sqrt{1-\beta_2^t}$, which changes with t: "
                       r"$\eta\frac{m/q}{u/b+\epsilon} = \frac{\eta b}q\frac m{u+\epsilon b}$, $\eta = \alpha$, $q = 1-\beta_1^t$, "
                       r"$b = \sqrt{1-\beta_2^t}$, $u = \sqrt v$", "eigenstep", "eta*(m/q)/(u/b + eps)", "eta*b/q*m/(u + hat)",
                       {"hat": "eps*b"})),
    SymmetryClaim("text.adam.scale", r"“Rescaling the gradients with factor c … cancels out: $(c\,\hat m_t)/\sqrt{c^2\hat v_t} = "
                  r"\hat m_t/\sqrt{\hat v_t}$” ($c > 0$, $\epsilon = 0$)", f"{_ADAM}, section 2.1", adam, "loss scale"),
    InequalityClaim("text.adam.many", r"“For a reliable estimate of the second moment one needs to average over many gradients by "
                    r"choosing a small value of $\beta_2$”: of $\beta_2 = a \le b$ the smaller averages over more, "
                    r"$\frac{(\sum w)^2}{\sum w^2} = \frac{1+\beta_2}{1-\beta_2}$ of them", f"{_ADAM}, section 3",
                    ("a >= 0", "b - a >= 0", "1 - b > 0"), "(1 + a)/(1 - a) - (1 + b)/(1 - b) >= 0",
                    corrected=InequalityClaim(
                        "text.adam.many_corrected", r"The larger $\beta_2$ averages over more: it is $1-\beta_2$ that has to be small (times both "
                        r"denominators)",
                        "eigenstep", ("b - a >= 0",), "(1 + b)*(1 - a) - (1 + a)*(1 - b) >= 0")),
    InequalityClaim("text.adam.initial", r"“It is exactly this case of small $\beta_2$ where a lack of initialisation bias correction "
                    r"would lead to initial steps that are much larger”: the first step without it, "
                    r"$\alpha\frac{1-\beta_1}{\sqrt{1-\beta_2}}$, squared, at $a \le b$", f"{_ADAM}, section 3",
                    ("a >= 0", "b - a >= 0", "1 - b > 0"), "1/(1 - a) - 1/(1 - b) >= 0",
                    corrected=InequalityClaim(
                        "text.adam.initial_corrected", r"It grows with $\beta_2$", "eigenstep",
                        ("b - a >= 0", "1 - b > 0"), "1/(1 - b) - 1/(1 - a) >= 0")),
]  # fmt: skip

_LOSHCHILOV: list[Claim] = [
    IdentityClaim("text.adamw.proposition1", r"SGD with weight decay, $(1-\lambda)\theta - \alpha\nabla f$, executes the same steps as "
                  r"SGD on $f + \frac{\lambda'}2\lVert\theta\rVert^2$ with $\lambda' = \frac\lambda\alpha$",
                  f"{_DECAY}, proposition 1", "(1 - lam)*theta - alpha*g", "theta - alpha*(g + l*theta)", {"l": "lam/alpha"}),
    InequalityClaim("text.adamw.proposition2", r"With a preconditioner $M \ne kI$ no $\lambda'$ gives the steps of weight decay: "
                    r"$\lambda\theta = \alpha\lambda'M\theta$ for all θ would need $c = \alpha\lambda'$ with $cM = \lambda I$ (two "
                    r"coordinates, M any matrix)", f"{_DECAY}, proposition 2",
                    ("lam > 0", "(m11 - m22)**2 + m12**2 + m21**2 > 0"),
                    "(lam - c*m11)**2 + (lam - c*m22)**2 + (c*m12)**2 + (c*m21)**2 > 0"),
    IdentityClaim("text.adamw.proposition3", r"With $M = \operatorname{diag}(s)^{-1}$ weight decay λ executes the same steps as no decay "
                  r"on $f + \frac{\lambda'}{2\alpha}\lVert\theta\odot\sqrt s\rVert^2$, $\lambda' = \frac\lambda\alpha$, one coordinate",
                  f"{_DECAY}, proposition 3, eq. (2)", "(1 - lam)*theta - alpha*g/s", "theta - alpha*(g + l/alpha*s*theta)/s",
                  {"l": "lam/alpha"},
                  corrected=IdentityClaim(
                      "text.adamw.proposition3_corrected", r"… on $f + \frac{\lambda'}2\lVert\theta\odot\sqrt s\rVert^2$: α is divided by "
                      r"once, not twice", "eigenstep", "(1 - lam)*theta - alpha*g/s", "theta - alpha*(g + l*s*theta)/s",
                      {"l": "lam/alpha"})),
]  # fmt: skip

_REDDI: list[Claim] = [
    InequalityClaim("text.amsgrad.best", r"Losses $Cx, -x, -x$ in turn on $[-1, 1]$, $C \ge 2$: “the point $x = -1$ provides the "
                    r"minimum regret”, three steps together", f"{_AMSGRAD}, section 3",
                    ("C - 2 >= 0", "x + 1 >= 0"), "(C - 2)*x - (C - 2)*(0 - 1) >= 0"),
    InequalityClaim("text.amsgrad.worst", r"Adam ends at “a point that is worst amongst all points in the set”, $x = +1$",
                    f"{_AMSGRAD}, section 3", ("C - 2 >= 0", "1 - x >= 0"), "(C - 2)*1 - (C - 2)*x >= 0"),
    InequalityClaim("text.amsgrad.constant", r"“Above example also holds for constant step size”: with $\beta_1 = 0$, $\beta_2 = "
                    r"\frac1{1+C^2}$ the two steps up, each at least $\alpha\sqrt{\frac{1+C^2}{2C^2}}$ (P17.up), are longer "
                    r"together than the one down, at most $\alpha\sqrt{\frac{1+C^2}{C^2}}$ (P17.down), in squares",
                    f"{_AMSGRAD}, theorem 1, remarks", ("C - 2 >= 0",), "4*(1 + C**2)/(2*C**2) - (1 + C**2)/C**2 > 0"),
    InequalityClaim("text.amsgrad.increases", r"“Suppose $v_{t-1} > g_t^2 > 0$, then Adam aggressively increases the learning rate”: "
                    r"read at a constant α, where it is $\alpha/\sqrt{v_t}$ ($q = g_t^2$)", f"{_AMSGRAD}, section 4",
                    ("v - q >= 0", "1 - b >= 0"), "v - (b*v + (1 - b)*q) >= 0"),
    InequalityClaim("text.amsgrad.increases_decaying", r"… read at $\alpha_t = \alpha/\sqrt t$, as eq. (2) has it: $t\,v_t \le "
                    r"(t-1)v_{t-1}$", f"{_AMSGRAD}, section 4",
                    ("t - 2 >= 0", "v - q > 0", "q > 0", "b > 0", "1 - b > 0"), "(t - 1)*v - t*(b*v + (1 - b)*q) >= 0",
                    corrected=IdentityClaim(
                        "text.amsgrad.increases_corrected", r"It increases if and only if $t(1-\beta_2)(v_{t-1} - g_t^2) > v_{t-1}$, the "
                        r"two differences being the same", "eigenstep", "(t - 1)*v - t*(b2*v + (1 - b2)*q)",
                        "t*(1 - b2)*(v - q) - v")),
]  # fmt: skip

_SUTSKEVER: list[Claim] = [
    MatrixClaim("text.nag.momentum", r"On a quadratic “NAG operates along any one of these directions equivalently to CM, except with "
                r"an effective value of μ that is given by $\mu(1-\lambda\varepsilon)$”: its matrix on $(v, \theta)$ is CM’s with that "
                r"in place of μ", f"{_NAG}, section 2.1 and theorem 2.1", nesterov,
                (("beta*(1 - eta*lambda_)", "eta*lambda_"), ("-beta*(1 - eta*lambda_)", "1 - eta*lambda_"))),
    InequalityClaim("text.nag.larger", r"NAG “prevents oscillations (or divergence) and thus allows the use of a larger μ than is possible "
                    r"with CM for a given ε”: read, where CM converges, $h = \varepsilon\lambda < 2 + 2\mu$, so does NAG, "
                    r"$h(1+2\mu) < 2 + 2\mu$", f"{_NAG}, section 2.1",
                    ("h > 0", "mu >= 0", "1 - mu > 0", "2 + 2*mu - h > 0"), "2 + 2*mu - h*(1 + 2*mu) > 0",
                    corrected=InequalityClaim(
                        "text.nag.larger_corrected", r"For $\varepsilon\lambda \le \frac43$ NAG converges with every $\mu < 1$; from there "
                        r"to 2 it needs a smaller μ, and CM does not", "eigenstep", ("4/3 - h >= 0", "1 - mu > 0", "1 + 2*mu >= 0"),
                        "2 + 2*mu - h*(1 + 2*mu) > 0")),
]  # fmt: skip

_GOH: list[Claim] = [
    IdentityClaim("text.distill.loss", r"“$f(w^k) - f(w^\star) = \sum_i(1-\alpha\lambda_i)^{2k}\lambda_i[x_i^0]^2$” for $f = \frac12w^TAw "
                  r"- b^Tw$, one coordinate", f"{_DISTILL}, Decomposing the error", "lam*((1 - alpha*lam)**k*x)**2/2",
                  "(1 - alpha*lam)**(2*k)*lam*x**2",
                  corrected=IdentityClaim("text.distill.loss_corrected", r"… it is half of that", "eigenstep",
                                          "lam*((1 - alpha*lam)**k*x)**2/2", "(1 - alpha*lam)**(2*k)*lam*x**2/2",
                                          definition=True)),
    IdentityClaim("text.distill.tikhonov", r"$\frac1{\lambda_i+\eta} = \frac1{\lambda_i}\left(1 - (1+\lambda_i/\eta)^{-1}\right)$",
                  f"{_DISTILL}, Example: polynomial regression", "1/(lam + eta)", "1/lam*(1 - 1/(1 + lam/eta))"),
    MatrixPowerClaim("text.distill.power", r"“$R^k = \sigma_1^kR_1 - \sigma_2^kR_2$, $R_j = \frac{R-\sigma_jI}{\sigma_1-\sigma_2}$” for "
                     r"$\sigma_1 \ne \sigma_2$", f"{_DISTILL}, The dynamics of momentum",
                     "s1**k*((R - s1*I)/(s1 - s2)) - s2**k*((R - s2*I)/(s1 - s2))",
                     corrected=MatrixPowerClaim(
                         "text.distill.power_corrected", r"… with the indices of $R_1$ and $R_2$ exchanged", "eigenstep",
                         "s1**k*((R - s2*I)/(s1 - s2)) - s2**k*((R - s1*I)/(s1 - s2))")),
    MatrixPowerClaim("text.distill.power_double", r"“$R^k = \sigma_1^k(kR/\sigma_1 - (k-1)I)$” for $\sigma_1 = \sigma_2$",
                     f"{_DISTILL}, The dynamics of momentum", "s1**k*(k*R/s1 - (k - 1)*I)", True),
    ComplexRateClaim("text.distill.complex", r"“The roots are complex and the convergence rate is $\lvert\sigma_1\rvert = "
                     r"\lvert\sigma_2\rvert = 2\sqrt\beta$”", f"{_DISTILL}, The dynamics of momentum", heavy_ball, "2*sqrt(beta)",
                     corrected=ComplexRateClaim("text.distill.complex_corrected", r"It is $\sqrt\beta$", "eigenstep", heavy_ball,
                                                "sqrt(beta)")),
    RegionClaim("text.distill.range", r"Momentum converges “for $0 < \alpha\lambda_i < 2 + 2\beta$, $0 \le \beta < 1$”",
                f"{_DISTILL}, The dynamics of momentum", heavy_ball, "2 + 2*beta"),
    IdentityClaim("text.distill.critical", r"“The critical value of $\beta = (1-\sqrt{\alpha\lambda_i})^2$ gives us a convergence rate of "
                  r"$1-\sqrt{\alpha\lambda_i}$”: there the discriminant vanishes, $(1-\alpha\lambda+\beta)^2 = 4\beta$ "
                  r"($q = \sqrt{\alpha\lambda}$)", f"{_DISTILL}, The critical damping coefficient",
                  "(1 - q**2 + beta)**2", "4*beta", {"beta": "(1 - q)**2"}),
    IdentityClaim("text.distill.critical_rate", r"… and the double eigenvalue $\frac{1-\alpha\lambda+\beta}2$ is $1-\sqrt{\alpha\lambda}$",
                  f"{_DISTILL}, The critical damping coefficient", "(1 - q**2 + (1 - q)**2)/2", "1 - q"),
    TuningClaim("text.distill.descent", r"Optimal for gradient descent: $\alpha = \frac2{\lambda_1+\lambda_n}$, rate "
                r"$\frac{\kappa-1}{\kappa+1}$", f"{_DISTILL}, Choosing a step-size", gradient_descent,
                {"lr": "2/(L + mu)"}, "(L/mu - 1)/(L/mu + 1)"),
    TuningClaim("text.distill.optimal", r"Optimal for momentum: $\alpha = \left(\frac2{\sqrt{\lambda_1}+\sqrt{\lambda_n}}\right)^2$, $\beta = "
                r"\left(\frac{\sqrt{\lambda_n}-\sqrt{\lambda_1}}{\sqrt{\lambda_n}+\sqrt{\lambda_1}}\right)^2$, rate "
                r"$\frac{\sqrt\kappa-1}{\sqrt\kappa+1}$", f"{_DISTILL}, Optimal parameters", heavy_ball,
                {"lr": "(2/(1 + root))**2/mu", "beta": "((root - 1)/(root + 1))**2"}, "(root - 1)/(root + 1)"),
    LimitClaim("text.distill.twice", r"“When the problem’s conditioning is poor, the optimal α is approximately twice that of gradient "
               r"descent”: the quotient tends to 2 as $\kappa \to \infty$", f"{_DISTILL}, Optimal parameters",
               "(2/(1 + sqrt(K)))**2/(2/(1 + K))", "K", "2"),
    ImpulseClaim("text.distill.unrolled", r"“$w^{k+1} = w^0 + \alpha\sum_i^k\frac{1-\beta^{k+1-i}}{1-\beta}\nabla f(w^i)$” of momentum",
                 f"{_DISTILL}, Adventures in algorithmic space", heavy_ball, "eta*((1 - beta**(tau + 1))/(1 - beta))",
                 corrected=ImpulseClaim("text.distill.unrolled_corrected", r"… with a minus sign", "eigenstep", heavy_ball,
                                        "-eta*((1 - beta**(tau + 1))/(1 - beta))")),
    IdentityClaim("text.distill.noise", r"“$\mathbf E f(x^k) = \frac\lambda2e_2^TR^k(y^0, x^0)^T + \frac\lambda2\mathbf E[\epsilon^k]\sum_i"
                  r"\gamma_i^2$”, at $k = 1$, $y^0 = 0$, noise $\pm s$", f"{_DISTILL}, Momentum with stochastic gradients",
                  "(lam/2*((1 - alpha*lam)*x - alpha*s)**2 + lam/2*((1 - alpha*lam)*x + alpha*s)**2)/2",
                  "lam/2*(1 - alpha*lam)*x + lam/2*mean*alpha**2", {"mean": "(s - s)/2"},
                  corrected=IdentityClaim(
                      "text.distill.noise_corrected", r"… with the first term squared, and $\mathbf E[(\epsilon^k)^2]$ for $\mathbf "
                      r"E[\epsilon^k]$, which is 0", "eigenstep",
                      "(lam/2*((1 - alpha*lam)*x - alpha*s)**2 + lam/2*((1 - alpha*lam)*x + alpha*s)**2)/2",
                      "lam/2*((1 - alpha*lam)*x)**2 + lam/2*square*alpha**2", {"square": "(s**2 + s**2)/2"})),
]  # fmt: skip

_LIU: list[Claim] = [
    InequalityClaim("text.radam.root", r"Theorem 1, $\operatorname{Var}\psi = \frac{x}{x-1} - x\,g^2$ falls as $x = \frac\rho2$ grows, $g = "
                    r"\frac{\Gamma(y)}{\Gamma(y+\frac12)}$, $y = x - \frac12$. First, $g^2 < \frac1{y-1/4}$: the product "
                    r"$g^2(y-\frac14)$ tends to 1 and grows from y to y + 1", f"{_RADAM}, theorem 1",
                    ("y - 1/4 > 0",), "(y + 3/4)/(y - 1/4) - ((y + 1/2)/y)**2 > 0"),
    InequalityClaim("text.radam.digamma", r"… second, $D = \frac{\Gamma'}\Gamma(y+\frac12) - \frac{\Gamma'}\Gamma(y) < \frac1{2y} + "
                    r"\frac1{8y^2}$: the difference tends to 0 and shrinks from y to y + 1, where D loses $\frac1y - "
                    r"\frac1{y+1/2}$", f"{_RADAM}, theorem 1",
                    ("y > 0",), "1/(2*y) + 1/(8*y**2) - 1/(2*(y + 1)) - 1/(8*(y + 1)**2) - 1/y + 1/(y + 1/2) > 0"),
    InequalityClaim("text.radam.theorem1", r"… so $\frac{d}{dx}\operatorname{Var}\psi = -\frac1{(x-1)^2} + g^2(2xD - 1) < 0$ for every real "
                    r"$\rho > 2$", f"{_RADAM}, theorem 1", ("y - 1/2 > 0", "1/(2*y) + 1/(8*y**2) - d >= 0", "1/(y - 1/4) - q >= 0", "q >= 0"),
                    "1/(y - 1/2)**2 - q*(2*(y + 1/2)*d - 1) > 0"),
    ScaleVarianceClaim("text.radam.hundred", r"“The variance at $\rho_t = 5$ is over 100 times larger than the variance at $\rho_t = 500$”",
                       f"{_RADAM}, section 4.2", "V(5) > 100*V(500)"),
    DivergenceClaim("text.radam.divergent", r"“RAdam deactivates the adaptive learning rate when its variance is divergent”, that is up to "
                    r"$\rho_t = 4$", f"{_RADAM}, section 4.3", "4",
                    corrected=DivergenceClaim(
                        "text.radam.divergent_corrected", r"$\operatorname{Var}\psi$ is infinite up to $\rho = 2$; what diverges up to 4 is "
                        r"$\operatorname{Var}\psi^2$, from which (5) approximates it", "eigenstep", "2")),
    IdentityClaim("text.radam.first_order", r"(5): $\operatorname{Var}\psi \approx \frac{\operatorname{Var}\psi^2}{4\operatorname{E}\psi^2} = "
                  r"\frac{\rho}{2(\rho-2)(\rho-4)\sigma^2}$, $\operatorname{E}\psi^2 = \frac{\rho}{(\rho-2)\sigma^2}$, "
                  r"$\operatorname{Var}\psi^2 = \frac{2\rho^2}{(\rho-2)^2(\rho-4)\sigma^4}$", f"{_RADAM}, eq. (5)",
                  "2*R**2/((R - 2)**2*(R - 4)*s**4)/(4*R/((R - 2)*s**2))", "R/(2*(R - 2)*(R - 4)*s**2)"),
    InequalityClaim("text.radam.degenerate", r"“If $\beta_2 \le 0.6$, we have $\rho_\infty \le 4$”, $\rho_\infty = \frac2{1-\beta_2} - 1$",
                    f"{_RADAM}, section 4.2", ("3/5 - b >= 0",), "4 - (2/(1 - b) - 1) >= 0"),
    IdentityClaim("text.radam.uniform", r"If $\hat\psi$ is “subject to the uniform distribution, its variance equals $\frac1{12\epsilon^2}$”, "
                  r"on $[0, \frac1\epsilon]$: $\frac1{3\epsilon^2} - \frac1{4\epsilon^2}$", f"{_RADAM}, section 3.1",
                  "1/(3*eps**2) - (1/(2*eps))**2", "1/(12*eps**2)", definition=True),
]  # fmt: skip

_MOONSHOT: list[Claim] = [
    NoiseStepClaim("text.muon.rms", r"Adam and AdamW “maintain a theoretical update RMS around 1”: read on pure noise, where $\hat v$ is its "
                   r"variance", f"{_MUON}, section 2.2", freeze(adam), "eta**2",
                   corrected=NoiseStepClaim("text.muon.rms_corrected", r"It is $\eta\sqrt{\frac{1-\beta_1}{1+\beta_1}}$, 0.229η at $\beta_1 "
                                            r"= 0.9$", "eigenstep", freeze(adam), "eta**2*(1 - beta1)/(1 + beta1)")),
    InequalityClaim("text.muon.range", r"“AdamW’s update RMS is usually around 0.2 to 0.4”, which print has from observation: on pure noise "
                    r"it is for $\frac{21}{29} \le \beta_1 \le \frac{12}{13}$, 0.9 among them", f"{_MUON}, section 2.2",
                    ("b - 21/29 >= 0", "12/13 - b >= 0"), "((1 - b)/(1 + b) - 1/25)*(4/25 - (1 - b)/(1 + b)) >= 0"),
    IdentityClaim("text.muon.lemma1", r"“For a full-rank matrix of shape $[A, B]$ the update RMS is $\sqrt{1/\max(A, B)}$”: $UV^T$ has "
                  r"$\min(A, B)$ singular values of 1, in squares ($A = \max$, $B = \min$)", f"{_MUON}, lemma 1",
                  "(B*1**2)/(A*B)", "1/A", definition=True),
    IdentityClaim("text.muon.footnote", r"Scaling by $\sqrt{\max(1, A/B)}$ “is equivalent to our proposal (up to a global scale) if all "
                  r"matrices have the same second dimension”: the quotient of the squares is $\frac1B$", f"{_MUON}, footnote 4",
                  "where(A >= B, A/B, 1)/where(A >= B, A, B)", "1/B"),
]  # fmt: skip

CLAIMS: list[Claim] = [*_KINGMA, *_LOSHCHILOV, *_REDDI, *_SUTSKEVER, *_GOH, *_LIU, *_MOONSHOT]
