"""Claims about quadratics and momentum, as print has them; L is the lecture."""

from __future__ import annotations

from ...optimizers.rules import adagrad, adam, gradient_descent, heavy_ball, nesterov
from ..kinds import (
    Claim,
    CycleClaim,
    FirstStepsClaim,
    IdentityClaim,
    InequalityClaim,
    LimitClaim,
    MatrixClaim,
    MatrixIdentityClaim,
    PowerClaim,
    RegionClaim,
    RootLemma,
    SumClaim,
    SymmetryClaim,
    TuningClaim,
    UnrolledClaim,
    WiderRegionClaim,
)

_EMA = {"dampening": "beta"}
_MOMENTUM = (("beta", "h"), ("-beta", "1 - h"))
_H = "xT*Q*x/2 + xT*c + b"
_THEORY = "L, Quadratic Convex Functions"

CLAIMS: list[Claim] = [
    MatrixIdentityClaim("M1.value", r"$h(x) = \tfrac12 x^TQx + x^Tc + b$ at $x^* = -Q^{-1}c$ is $b - "
                        r"\tfrac12 c^TQ^{-1}c$", _THEORY, "xsT*Q*xs/2 + xsT*c + b",
                        "b - cT*Qi*c/2", {"xs": "-Qi*c"}),
    MatrixIdentityClaim("M1.minimizer", r"$h(x) - h(x^*) = \tfrac12(x-x^*)^TQ(x-x^*)$, which is $> 0$ "
                        r"elsewhere as $Q \succ 0$", _THEORY, f"{_H} - b + cT*Qi*c/2", "uT*Q*u/2",
                        {"u": "x + Qi*c"}),
    MatrixIdentityClaim("M2", r"$h(x) = \tfrac12(x - Q^{-1}c)^TQ(x - Q^{-1}c) + b - "
                        r"\tfrac12 c^TQ^{-1}c$", _THEORY, _H, "uT*Q*u/2 + b - cT*Qi*c/2",
                        {"u": "x - Qi*c"},
                        corrected=MatrixIdentityClaim(
                            "M2.corrected", r"… with $x + Q^{-1}c$, as $x^* = -Q^{-1}c$", _THEORY, _H,
                            "uT*Q*u/2 + b - cT*Qi*c/2", {"u": "x + Qi*c"})),
    MatrixIdentityClaim("M3", r"$\nabla h(x) = Qx + c = Q(x - Q^{-1}c)$", _THEORY, "Q*x + c",
                        "Q*(x - Qi*c)",
                        corrected=MatrixIdentityClaim("M3.corrected", r"$Qx + c = Q(x + Q^{-1}c)$",
                                                      _THEORY, "Q*x + c", "Q*(x + Qi*c)")),
    MatrixIdentityClaim("M4", r"$z_t = (I - \Lambda)z_{t-1}$ for gradient descent, $z = U(x - x^*)$, "
                        r"$Q = U^T\Lambda U$", _THEORY, "U*(x - eta*UT*L*U*x)", "(I - L)*(U*x)",
                        corrected=MatrixIdentityClaim(
                            "M4.corrected", r"$z_t = (I - \eta\Lambda)z_{t-1}$", _THEORY,
                            "U*(x - eta*UT*L*U*x)", "(I - eta*L)*(U*x)")),
    MatrixIdentityClaim("M4.objective", r"With $z := O(x - Q^{-1}c)$, $Q = O^T\Lambda O$, it is $h = \tfrac12z^T\Lambda z + "
                        r"b'$, $b' = b - \tfrac12c^TQ^{-1}c$", _THEORY, "xT*UT*L*U*x/2 + xT*c + b",
                        "sT*L*s/2 + b - cT*UT*Li*U*c/2", {"s": "U*(x - UT*Li*U*c)"},
                        corrected=MatrixIdentityClaim(
                            "M4.objective_corrected", r"… with $z := O(x + Q^{-1}c)$", "eigenstep", "xT*UT*L*U*x/2 + xT*c + b",
                            "sT*L*s/2 + b - cT*UT*Li*U*c/2", {"s": "U*(x + UT*Li*U*c)"})),
    MatrixIdentityClaim("M5", r"Momentum, $v_t = \beta v_{t-1} + Q(x_{t-1} - x^*)$, in $z = O(x - x^*)$ and $Ov$ for $v$: "
                        r"$z_t = z_{t-1} - \eta(\beta v_{t-1} + \Lambda z_{t-1}) = (I - \eta\Lambda)z_{t-1} - \eta\beta "
                        r"v_{t-1}$", _THEORY, "U*(x - eta*(beta*v + UT*L*U*x))", "(I - eta*L)*(U*x) - eta*beta*(U*v)"),
    MatrixIdentityClaim("M6.velocity", r"In the eigenvectors’ coordinates momentum decouples: "
                        r"$Uv_t = \beta Uv_{t-1} + \Lambda(U(x - x^*))$", _THEORY,
                        "U*(beta*v + UT*L*U*x)", "beta*(U*v) + L*(U*x)"),
    SymmetryClaim("M6.position", r"… and so do the positions: an elementwise rule that is rotation-equivariant, as the running "
                  r"code of momentum is, proceeds in the eigenvectors’ coordinates as it does in any others, each with its own "
                  r"eigenvalue", _THEORY, heavy_ball, "rotation"),
    InequalityClaim("M7.fastest", r"$\lvert 1-\eta\lambda\rvert$ decreases until $\eta\lambda = 1$",
                    "L, Scalar Functions", ("h2 - h1 > 0", "1 - h2 >= 0"),
                    "(1 - h1)**2 - (1 - h2)**2 > 0"),
    InequalityClaim("M7.diverges", r"for $\eta\lambda > 2$ each step grows: $\lvert 1 - \eta\lambda\rvert"
                    r" > 1$", "L, Scalar Functions", ("h - 2 > 0",), "(1 - h)**2 - 1 > 0"),
    InequalityClaim("M7.beyond", r"“Beyond that things diverge”: for $\eta\lambda > 1$, $\lvert 1-\eta\lambda\rvert > 1$",
                    "L, Scalar Functions", ("h - 1 > 0",), "(1 - h)**2 - 1 > 0",
                    corrected=InequalityClaim(
                        "M7.beyond_corrected", r"For $1 \le \eta\lambda < 2$ it converges still, the slower the larger "
                        r"$\eta\lambda$ is: $\lvert1-h_1\rvert < \lvert1-h_2\rvert$ for $1 \le h_1 < h_2$ (and M7.region)",
                        "eigenstep", ("h1 - 1 >= 0", "h2 - h1 > 0"), "(1 - h2)**2 - (1 - h1)**2 > 0")),
    PowerClaim("M7.iterate", r"$x_t = (1-\eta\lambda)^t x_0$", "L, Scalar Functions",
               gradient_descent, "1 - eta*lambda_"),
    RegionClaim("M7.region", r"Gradient descent converges $\iff 0 < \eta\lambda < 2$",
                "L, Scalar Functions", gradient_descent, "2"),
    MatrixClaim("M8", r"$R(\beta,\eta,\lambda) = \begin{bmatrix}\beta & \lambda\\ -\eta\beta & "
                r"1-\eta\lambda\end{bmatrix}$", "L, Scalar Functions", heavy_ball,
                (("beta", "lambda_"), ("-eta*beta", "1 - eta*lambda_"))),
    RegionClaim("M9.sufficient", r"$0 < \eta\lambda < 2 + 2\beta \implies$ momentum converges "
                r"($0\le\beta<1$)", "L, Scalar Functions", heavy_ball, "2 + 2*beta", "sufficient"),
    RegionClaim("M9.necessary", r"Momentum converges $\implies 0 < \eta\lambda < 2 + 2\beta$ "
                r"($0\le\beta<1$)", "L, Scalar Functions", heavy_ball, "2 + 2*beta", "necessary"),
    WiderRegionClaim("M9.any", r"“One can show that $0 < \eta\lambda < 2+2\beta$ momentum converges”, of which print gives no "
                     r"range of $\beta$: for every $\beta$, and only there", "L, Scalar Functions", heavy_ball, "2 + 2*beta", (),
                     _MOMENTUM,
                     corrected=WiderRegionClaim(
                         "M9.negative", r"For every $\beta < 1$, negative ones too (from $\beta \le -1$ on both are nowhere)",
                         "eigenstep", heavy_ball, "2 + 2*beta", ("1 - beta > 0",), _MOMENTUM)),
    RegionClaim("region.nesterov",
                r"Nesterov converges $\iff 0 < \eta\lambda < \frac{2(1+\beta)}{1+2\beta}$", "eigenstep",
                nesterov, "2*(1 + beta)/(1 + 2*beta)"),
    RegionClaim("region.ema", r"Averaging momentum ($\tau = \beta$) converges $\iff 0 < \eta\lambda < "
                r"\frac{2(1+\beta)}{1-\beta}$", "eigenstep", heavy_ball, "2*(1 + beta)/(1 - beta)",
                "both", _EMA),
    RootLemma("lemma.roots", r"The roots of $z^2 - Tz + D$ have modulus at most $r$ $\iff D \le r^2$, "
              r"$\lvert T\rvert r \le r^2 + D$, $\lvert T\rvert \le 2r$",
              "Jury 1974", ("r**2 - D", "r**2 + D - T*r", "r**2 + D + T*r", "2*r - T", "2*r + T")),
    TuningClaim("tuning.gradient_descent",
                r"Optimal: $\eta = \frac{2}{L+\mu}$, $\rho = \frac{L-\mu}{L+\mu}$",
                "Polyak 1964", gradient_descent, {"lr": "2/(L + mu)"}, "(L - mu)/(L + mu)"),
    TuningClaim("tuning.heavy_ball",
                r"Optimal: $\eta = \frac{4}{(\sqrt L+\sqrt\mu)^2}$, $\beta = \rho^2$, "
                r"$\rho = \frac{\sqrt L-\sqrt\mu}{\sqrt L+\sqrt\mu}$", "Polyak 1964", heavy_ball,
                {"lr": "4/(mu*(root + 1)**2)", "beta": "((root - 1)/(root + 1))**2"},
                "(root - 1)/(root + 1)"),
    TuningClaim("tuning.nesterov",
                r"Optimal: $\eta = \frac{4}{3L+\mu}$, $\beta = \frac{\sqrt{3\kappa+1}-2}"
                r"{\sqrt{3\kappa+1}+2}$, $\rho = 1 - \frac{2}{\sqrt{3\kappa+1}}$",
                "Lessard, Recht & Packard 2016", nesterov,
                {"lr": "4/(3*L + mu)", "beta": "(root - 2)/(root + 2)"}, "1 - 2/root",
                "3*L/mu + 1"),
    InequalityClaim("M10.range", r"$2 + 2\beta > 2$: momentum allows a larger range of $\eta\lambda$",
                    "L, Scalar Functions", ("beta > 0",), "2 + 2*beta - 2 > 0"),
    InequalityClaim("M10.large", r"“In general large values of $\beta$ are desirable”, read for one $\lambda$: momentum is "
                    r"faster than $\lvert1-\eta\lambda\rvert$ for every $0<\beta<1$, $0<\eta\lambda<2$ (where its eigenvalues "
                    r"are a complex pair, of modulus $r$, $r^2 = \beta$)", "L, Scalar Functions",
                    ("beta > 0", "1 - beta > 0", "h > 0", "2 - h > 0", "r >= 0",
                     # r is the modulus of a complex pair: r² = β, where the discriminant is negative
                     "r**2 - beta >= 0", "beta - r**2 >= 0", "4*beta - (1 + beta - h)**2 > 0"),
                    "(1 - h)**2 - r**2 > 0",
                    corrected=InequalityClaim(
                        "M10.corrected", r"For every $\eta\lambda$ the spectral radius is at least "
                        r"$\sqrt\beta$: $\beta$ near 1 is slow (real eigenvalues $z_1z_2 = \beta$; a "
                        r"complex pair has $\lvert z\rvert^2 = \beta$)", "eigenstep",
                        ("z1*z2 - beta >= 0", "r >= z1", "r >= -z1",
                         "r >= z2", "r >= -z2"), "r**2 - beta >= 0")),
    InequalityClaim("M10.spectrum", r"… read for a spectrum $[\mu, L]$: the best $\beta = \left(\frac{r-1}{r+1}\right)^2$, $r = "
                    r"\sqrt{L/\mu}$ (tuning.heavy_ball), is the larger the worse the conditioning is", "eigenstep",
                    ("q - 1 >= 0", "r - q > 0"), "(r - 1)**2/(r + 1)**2 - (q - 1)**2/(q + 1)**2 > 0"),
    InequalityClaim("worst_case.gradient_descent", r"On every $L$-smooth, $\mu$-strongly convex $f$ a step of gradient "
                    r"descent shrinks the distance to the minimizer by $\rho = \max(\lvert1-\eta\mu\rvert, \lvert1-\eta "
                    r"L\rvert)$, from $\langle g-\mu d, Ld-g\rangle \ge 0$ ($d = x-x^*$, $P = \langle d,g\rangle$)",
                    "Polyak 1963",
                    ("L - mu > 0", "(L + mu)*P - mu*L*D - G >= 0", "P - mu*D >= 0",
                     "L*D - P >= 0", "r - (1 - eta*mu) >= 0", "r + (1 - eta*mu) >= 0",
                     "r - (1 - eta*L) >= 0", "r + (1 - eta*L) >= 0"),
                    "r**2*D - (D - 2*eta*P + eta**2*G) >= 0"),
    CycleClaim("worst_case.heavy_ball", r"Heavy ball at its optimum for quadratics with $\mu = 1$, $L = 25$ does not converge "
               r"on every such $f$: $\nabla f = 25x$ for $x<1$, $x+24$ for $1\le x<2$, $25x-24$ beyond has a cycle of "
               r"three points", "Lessard, Recht & Packard 2016", heavy_ball,
               "where(x < 1, 25*x, where(x < 2, x + 24, 25*x - 24))", {"lr": "1/9", "beta": "4/9"},
               ("792/1225", "-2208/1225", "2592/1225")),
    UnrolledClaim("M11", r"$v_t = \sum_{\tau=0}^{t-1}\beta^\tau g_{t-\tau}$",
                  "L, An Ill-conditioned Problem", heavy_ball, "v", "beta**tau",
                  fixed={"dampening": 0}),
    FirstStepsClaim("M11.handwritten", r"By hand: $v_{k+1} = \beta^kg_0 + \beta^{k-1}g_1 + \dots + \beta g_k + g_{k+1}$; at $k = 2$",
                    "L, The Momentum Method", heavy_ball, "v", {3: "beta**2*g0 + beta*g1 + beta*g2 + g3"}, {"dampening": 0},
                    corrected=FirstStepsClaim(
                        "M11.handwritten_corrected", r"The lines above it hold, $v_1 = g_1$ to $v_4 = \beta^3g_1 + \beta^2g_2 + "
                        r"\beta g_3 + g_4$, as $v_0 = 0$: $v_{k+1} = \beta^kg_1 + \dots + \beta g_k + g_{k+1}$ (for every $k$: M11)",
                        "L, The Momentum Method", heavy_ball, "v",
                        {1: "g1", 2: "beta*g1 + g2", 3: "beta**2*g1 + beta*g2 + g3",
                         4: "beta**3*g1 + beta**2*g2 + beta*g3 + g4"}, {"dampening": 0})),
    SumClaim("M12.variance", r"Independent gradients of variance $\sigma^2$ give $v_t$ the variance $\sigma^2\sum_{\tau<t}"
             r"\beta^{2\tau} = \sigma^2\frac{1-\beta^{2t}}{1-\beta^2}$", "eigenstep", "beta**(2*i)", "0", "t - 1",
             "(1 - beta**(2*t))/(1 - beta**2)", 1, ("beta >= 0", "1 - beta > 0")),
    InequalityClaim("M12.leaky", r"The leaky average $v_t$ has “the benefits of averaging over a batch”, less variance than a "
                    r"gradient: $\frac{\sigma^2}{1-\beta^2} < \sigma^2$", "L, Leaky Averages",
                    ("beta > 0", "1 - beta > 0", "v > 0"), "v - v/(1 - beta**2) > 0",
                    corrected=InequalityClaim(
                        "M12.leaky_corrected", r"$v_t$ itself has more; $(1-\beta)v_t$, whose weights add up to 1, has less: "
                        r"$(1-\beta)^2\frac{\sigma^2}{1-\beta^2} < \sigma^2$", "eigenstep",
                        ("beta > 0", "1 - beta > 0", "v > 0"), "v - (1 - beta)**2*v/(1 - beta**2) > 0")),
    IdentityClaim("M12.effective", r"“The effective number of gradients is given by $\frac1{1-\beta}$”, read as the batch whose "
                  r"mean has the variance of $(1-\beta)v$", "L, Momentum", "(1 - beta**2)/(1 - beta)**2", "1/(1 - beta)",
                  domain=("beta > 0", "1 - beta > 0"),
                  corrected=IdentityClaim(
                      "M12.effective_corrected", r"That batch is of $\frac{1+\beta}{1-\beta}$, nearly twice as many; "
                      r"$\frac1{1-\beta}$ is what the weights add up to (M12)", "eigenstep", "(1 - beta**2)/(1 - beta)**2",
                      "(1 + beta)/(1 - beta)", domain=("beta > 0", "1 - beta > 0"))),
    LimitClaim("M12", r"The weights add up to $\frac{1-\beta^t}{1-\beta} \to \frac{1}{1-\beta}$, so a "
               r"constant gradient ends in steps of $\frac{\eta}{1-\beta}$", "L, Effective Sample Weight",
               "(1 - beta**t)/(1 - beta)", "t", "1/(1 - beta)", ("beta",)),
    InequalityClaim("M13.converges", r"$0.1x_1^2 + 2x_2^2$ at $\eta = 0.4$: both "
                    r"$\lvert1-\eta\lambda_i\rvert < 1$", "L", (),
                    "min(1 - (1 - 0.4*0.2)**2, 1 - (1 - 0.4*4)**2) > 0"),
    InequalityClaim("M13.diverges", r"… at $\eta = 0.6$ it diverges in $x_2$", "L", (),
                    "(1 - 0.6*4)**2 - 1 > 0"),
    IdentityClaim("M13.run", r"“From 0.4 to 0.6”: the code beside it, which runs $\eta = 0.5$, takes the steps in $x_2$ that the "
                  r"sentence is about", "L", "(1 - 0.5*4)*x", "(1 - 0.6*4)*x", domain=("x > 0",),
                  corrected=CycleClaim(
                      "M13.run_corrected", r"At $\eta = 0.5$, $\eta\lambda_2 = 2$, it diverges not yet: $x_2$ goes back and forth between $-2$, where "
                      r"the run begins, and 2 for ever ($\beta = 0$)", "eigenstep", heavy_ball, "4*x",
                      {"lr": "1/2", "beta": "0"}, ("-2", "2"))),
    InequalityClaim("M13.momentum", r"… with momentum at $\eta = 0.6$: $\eta\lambda_2 = 2.4 < 2 + 2\beta$ "
                    r"for $\beta = 0.5$ and, barely, for $\beta = 0.25$", "L", (),
                    "min(2 + 2*0.5 - 0.6*4, 2 + 2*0.25 - 0.6*4) > 0"),
    SymmetryClaim("M14", r"“No need to tune learning rate” with Adagrad, read as: in another unit of the parameter, $\theta \to "
                  r"c\theta$, the same $\eta$ takes the same path", "N, Adagrad", adagrad, "units",
                  corrected=SymmetryClaim("M14.scale", r"What the path does not depend on is the scale of the loss, $f \to cf$ "
                                          r"($\epsilon = 0$); $\eta$ carries the parameter’s unit", "eigenstep", adagrad,
                                          "loss scale")),
    SymmetryClaim("M14.adam", r"At $\epsilon = 0$ Adam’s path does not depend on the scale of the loss either, gradient descent’s does",
                  "N, Adam", adam, "loss scale"),
    SymmetryClaim("M14.gradient_descent", r"… where the same $\eta$ takes another path", "N, Adam", gradient_descent,
                  "loss scale", False),
]  # fmt: skip
