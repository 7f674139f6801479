"""Claims about preconditioning and adaptive rules, as print has them (N, L, S)."""

from __future__ import annotations

from ...optimizers.rules import adadelta, adagrad, adam, gradient_descent, heavy_ball, rmsprop
from ..kinds import (
    Claim,
    EquationsClaim,
    FirstStepsClaim,
    FirstTractableClaim,
    GrowthClaim,
    IdentityClaim,
    InductionClaim,
    InequalityClaim,
    LimitClaim,
    LookaheadClaim,
    MatrixIdentityClaim,
    MostlyScaledClaim,
    ScalingClaim,
    SumClaim,
    SymmetryClaim,
    UnrolledClaim,
)

_PRECONDITIONING = "L, Preconditioning"

CLAIMS: list[Claim] = [
    MatrixIdentityClaim("P1", r"With $Q = U^T\Lambda U$, $\bar x = Ux$, $\bar c = Uc$ the minimum at $\bar x = "
                        r"-\Lambda^{-1}\bar c$ is $-\tfrac12\bar c^T\Lambda^{-1}\bar c + b$", _PRECONDITIONING,
                        "sT*L*s/2 + sT*U*c + b", "b - dT*Li*d/2", {"d": "U*c", "s": "-Li*U*c"}),
    MatrixIdentityClaim("P1.change", r"… where $\tfrac12x^TQx + c^Tx + b = \tfrac12\bar x^T\Lambda\bar x + "
                        r"\bar c^T\bar x + b$", _PRECONDITIONING, "xT*UT*L*U*x/2 + cT*x + b",
                        "yT*L*y/2 + dT*y + b", {"y": "U*x", "d": "U*c"}),
    MatrixIdentityClaim("P1.gradient", r"$\partial\bar f(\bar x) = \Lambda\bar x + \bar c = \Lambda(\bar x - \bar x_0)$, $\bar x_0 = "
                        r"-\Lambda^{-1}\bar c$", _PRECONDITIONING, "L*x + d", "L*(x - s)", {"s": "-Li*d"}),
    MatrixIdentityClaim("P1.perturbed", r"$c$ perturbed by $\delta$ moves the minimizer $-Q^{-1}c$, in the coordinates $\bar x = Ux$, by "
                        r"$-\Lambda^{-1}U\delta$: $\bar x_i$ by $-\bar\delta_i/\Lambda_i$ …", _PRECONDITIONING,
                        "U*(UT*Li*U*c - UT*Li*U*(c + x))", "-Li*(U*x)"),
    InequalityClaim("P1.sensitive", r"… “for small $\Lambda_i$ changes in $\bar x_i$ can be dramatic”: however small $\delta > 0$ is, it "
                    r"is moved by more than any $K$ where $\Lambda_i < \delta/K$ …", _PRECONDITIONING,
                    ("lam > 0", "delta - K*lam > 0"), "delta/lam - K > 0"),
    InequalityClaim("P1.insensitive", r"… “whenever $\Lambda_i$ are large only small changes in $\bar x_i$ and in the minimum”: both, "
                    r"$\lvert\bar\delta_i\rvert/\Lambda_i$ and $\tfrac12\lvert(\bar c_i + \bar\delta_i)^2 - \bar c_i^2\rvert/\Lambda_i$, "
                    r"are some $q$ over $\Lambda_i$, and of two curvatures the larger has the smaller one", _PRECONDITIONING,
                    ("lam > 0", "big - lam > 0", "q > 0"), "q/lam - q/big > 0"),
    MatrixIdentityClaim("P2", r"$\|Uc - Ud\| = \|c - d\|$ for orthogonal $U$", _PRECONDITIONING, "uT*u", "wT*w",
                        {"u": "U*c - U*d", "w": "c - d"}),
    MatrixIdentityClaim("P3", r"$z = \Lambda^{1/2}Ux$ makes $x^TQx = \|z\|^2$", _PRECONDITIONING,
                        "xT*UT*L*U*x", "sT*s", {"s": "Lh*U*x"}),
    InequalityClaim("P4.unit", r"$\tilde Q_{ii} = Q_{ii}/\sqrt{Q_{ii}Q_{ii}} = 1$ ($a = Q_{ii} > 0$, $r$ the root)", _PRECONDITIONING,
                    ("a > 0", "r >= 0", "r**2 - a*a >= 0", "a*a - r**2 >= 0"), "0 - (a/r - 1)**2 >= 0"),
    InequalityClaim("P4.aligned", r"“This would entirely eliminate the problem at hand since the problem is axis aligned”: of a diagonal $Q$ "
                    r"the eigenvalues of $\tilde Q$, $a/\sqrt{aa}$ and $b/\sqrt{bb}$, are the same, so $\kappa = 1$", _PRECONDITIONING,
                    ("a > 0", "r >= 0", "r**2 - a*a >= 0", "a*a - r**2 >= 0",
                     "b > 0", "s >= 0", "s**2 - b*b >= 0", "b*b - s**2 >= 0"), "0 - (a/r - b/s)**2 >= 0"),
    MostlyScaledClaim("P4.most", r"“In most cases this simplifies the condition number considerably”, read as: $\kappa$ falls to a half or "
                      r"below for more than half of a set, all positive definite $3\times3$ matrices with the diagonal from 1, 4, 9 "
                      r"and else $-1$, 0, 1", _PRECONDITIONING, (1, 4, 9), (-1, 0, 1), 2),
    MostlyScaledClaim("P4.most_alike", r"… where the diagonal is from 1, 2, 3, too", _PRECONDITIONING, (1, 2, 3), (-1, 0, 1), 2,
                      corrected=MostlyScaledClaim(
                          "P4.most_lower", r"For more than half of these $\kappa$ falls at all: how much is to be won is in how unequal "
                          r"the diagonal is", "eigenstep", (1, 2, 3), (-1, 0, 1))),
    ScalingClaim("P4", r"Diagonal scaling never raises the condition number, the strongest reading of “in most cases "
                 r"this simplifies the condition number considerably”", _PRECONDITIONING,
                 (((4, 1, 0), (1, 9, 2), (0, 2, 1)), ((4, -2, -2), (-2, 9, 6), (-2, 6, 9))),
                 corrected=InequalityClaim(
                     "P4.two", r"In two dimensions it never does: $\kappa + \frac1\kappa + 2 = "
                     r"\frac{(\operatorname{tr})^2}{\det}$, and $\frac{4}{1-c^2/(ab)} \le \frac{(a+b)^2}{ab-c^2}$",
                     "eigenstep", ("a*b - c**2 > 0",),
                     "(a + b)**2/(a*b - c**2) - 4/(1 - c**2/(a*b)) >= 0")),
    InequalityClaim("P4.family", r"In three it can, for a whole family: $Q = \begin{bmatrix} p & -q & -q \\ -q & r & s \\ -q & "
                    r"s & r\end{bmatrix}$, $p < r$, has the eigenvalue $r-s$ on $(0,1,-1)$, and $r\tilde Q$ too. Where that is "
                    r"the least of both, $\kappa$ grows: the largest eigenvalue $x$ of $Q$, $(x-p)(x-r-s) = 2q^2$, is below "
                    r"$y$ of $r\tilde Q$, $(y-r)(y-r-s) = 2q^2\frac rp$ ($w = 2q^2$, $S = r+s$)", "eigenstep",
                    ("p >= 0", "r - p > 0", "S - r >= 0", "y - S > 0",
                     "w - (x - p)*(x - S) >= 0", "p*(y - r)*(y - S) - w*r >= 0"), "y - x > 0"),
    InductionClaim("P5", r"Gerschgorin: of $Ax = \lambda x$ take the row of the largest $\lvert x_i\rvert$, signs so that $x_i > 0$: "
                   r"$(\lambda - a_{ii})x_i = \sum_{j\ne i}a_{ij}x_j$, whose partial sums $s$ stay within $R\,x_i$, $R = "
                   r"\sum\lvert a_{ij}\rvert$, term by term as $\lvert x_j\rvert \le x_i$; so $\lvert\lambda - a_{ii}\rvert \le R$",
                   "L, exercise", {"s": "0", "R": "0"}, {"s": "s + a*y", "R": "R + r"},
                   ("R*x - s >= 0", "R*x + s >= 0"), ("x - y >= 0", "x + y >= 0", "r - a >= 0", "r + a >= 0"),
                   ("x", "lam", "aii"), ("x > 0",), ("(lam - aii)*x - s >= 0", "s - (lam - aii)*x >= 0"),
                   ("R - (lam - aii) >= 0", "R + (lam - aii) >= 0")),
    InequalityClaim("P5.scaled", r"For $\tilde Q$, whose diagonal is 1: the eigenvalues lie in $[1-R, 1+R]$, $R = \max_i"
                    r"\sum_{j\ne i}\lvert Q_{ij}\rvert/\sqrt{Q_{ii}Q_{jj}}$, so $\kappa(\tilde Q) \le \frac{1+R}{1-R}$ for $R < 1$",
                    "L, exercise", ("R >= 0", "1 - R > 0", "1 + R - largest >= 0", "least - (1 - R) >= 0"),
                    "(1 + R)/(1 - R) - largest/least >= 0"),
    UnrolledClaim("P6.sum", r"$s_t = \sum_\tau g_\tau^2$, which grows linearly under gradients of constant size", "L, AdaGrad",
                  adagrad, "s", "1", "g**2", {"lr_decay": 0, "initial_accumulator": 0}),
    InductionClaim("P6.most", r"“$s_t$ grows essentially at linear rate”: at most linearly where $\lvert g\rvert \le G$, $s_t \le "
                   r"tG^2$, so its rate falls no faster than $t^{-1/2}$ …", "L, AdaGrad", {"s": "0", "n": "0"},
                   {"s": "s + g**2", "n": "n + 1"}, ("n*G**2 - s >= 0",), ("G**2 - g**2 >= 0",), ("G",)),
    InductionClaim("P6.least", r"… and at least linearly where $\lvert g\rvert \ge c$, $s_t \ge tc^2$: “an $O(t^{-1/2})$ learning rate”",
                   "L, AdaGrad", {"s": "0", "n": "0"}, {"s": "s + g**2", "n": "n + 1"}, ("s - n*c**2 >= 0",),
                   ("g**2 - c**2 >= 0",), ("c",)),
    InductionClaim("P6.any", r"… read for any bounded gradients: $s_t \ge tc^2$ where $\lvert g\rvert \le G$ alone is known ($c \le G$)",
                   "L, AdaGrad", {"s": "0", "n": "0"}, {"s": "s + g**2", "n": "n + 1"}, ("s - n*c**2 >= 0",),
                   ("G**2 - g**2 >= 0",), ("c", "G"), ("c > 0", "G - c >= 0"),
                   corrected=InductionClaim(
                       "P6.converging", r"Gradients that shrink as $g_{t+1}^2 \le \gamma g_t^2$, as on a quadratic, leave $s_t \le "
                       r"\frac{g_1^2}{1-\gamma}$ for ever, and the rate above a constant", "eigenstep",
                       {"s": "0", "q": "q1"}, {"s": "s + q", "q": "less"},
                       ("q1 - q - (1 - gamma)*s >= 0", "q >= 0"), ("less >= 0", "gamma*q - less >= 0"), ("q1", "gamma"),
                       ("q1 >= 0", "1 - gamma >= 0", "gamma >= 0"), (), ("q1 - (1 - gamma)*s >= 0",))),
    LimitClaim("P6", r"Under gradients of constant size $G$ Adagrad’s step $\frac{\eta}{\sqrt{tG^2+\epsilon}}$ times "
               r"$\sqrt t$ tends to $\eta/G$: it falls as $t^{-1/2}$", "L, AdaGrad",
               "sqrt(t)*eta/sqrt(t*G**2 + eps)", "t", "eta/G"),
    IdentityClaim("P7", r"$0.1x_1^2 + 2x_2^2$ rotated by 45 degrees is $0.1(x_1+x_2)^2 + 2(x_1-x_2)^2$",
                  "L, exercise", "0.1*y1**2 + 2*y2**2", "0.1*(x1 + x2)**2 + 2*(x1 - x2)**2",
                  {"y1": "(x1 + x2)/sqrt(2)", "y2": "(x1 - x2)/sqrt(2)"},
                  corrected=IdentityClaim(
                      "P7.corrected", r"… is $1.05x_1^2 - 1.9x_1x_2 + 1.05x_2^2 = 0.05(x_1+x_2)^2 + (x_1-x_2)^2$; "
                      r"print has twice that", "eigenstep", "0.1*y1**2 + 2*y2**2", "1.05*x1**2 - 1.9*x1*x2 + 1.05*x2**2",
                      {"y1": "(x1 + x2)/sqrt(2)", "y2": "(x1 - x2)/sqrt(2)"})),
    *(SymmetryClaim(f"P8.{rule.name}", rf"Rotation changes what {name} does: it is not rotation-equivariant",
                    "L, exercise", rule, "rotation", False)
      for rule, name in ((adagrad, "Adagrad"), (rmsprop, "RMSprop"))),
    SymmetryClaim("P8.gradient_descent", r"… gradient descent is: rotated, it runs through rotated points", "L, exercise",
                  gradient_descent, "rotation"),
    UnrolledClaim("P9", r"$s_t = (1-\gamma)(g_t^2 + \gamma g_{t-1}^2 + \dots)$", "L, RMSProp", rmsprop, "s",
                  "(1 - gamma)*gamma**tau", "g**2"),
    LimitClaim("P9.weights", r"… whose weights add up to $1-\gamma^t \to 1$", "L, RMSProp",
               "(1 - gamma)*(1 - gamma**t)/(1 - gamma)", "t", "1", ("gamma",)),
    IdentityClaim("P9.half_life", r"“A half-life time of an observation of $\gamma^{-1}$”: $\gamma^{1/\gamma} = "
                  r"\tfrac12$", "L, RMSProp", "gamma**(1/gamma)", "1/2",
                  corrected=GrowthClaim(
                      "P9.half_life_corrected", r"The half-life, $h$ with $\gamma^h = \tfrac12$, is $\frac{\ln2}{\ln(1/\gamma)}$, which is "
                      r"at least $\ln2\frac\gamma{1-\gamma}$ as $\ln(1+x) \le x$, $x = \frac1\gamma - 1$ (and at most "
                      r"$\frac{\ln2}{1-\gamma}$: G8.logarithm)", "eigenstep", "x - log(1 + x)")),
    SymmetryClaim("P10.adam", r"Adam’s update has not the parameters’ unit, at $\epsilon = 0$ either …", "N, Adadelta", adam, "units", False),
    SymmetryClaim("P10.gradient_descent", r"… nor gradient descent’s", "N, Adadelta", gradient_descent, "units", False),
    IdentityClaim("P11.half_life", r"“Choosing $\rho = 0.9$ amounts to a half-life time of 10”: after 10 steps half of a weight is left",
                  "L, Adadelta", "weight*rho**10", "weight/2", {"rho": "0.9"}, ("weight > 0",),
                  corrected=InequalityClaim(
                      "P11.half_life_corrected", r"A half is left between 6 and 7 steps, $0.9^7 < \tfrac12 < 0.9^6$ "
                      r"(P9.half_life_corrected); 10 is $\frac1{1-\rho}$, after which there is $0.9^{10} = 0.35$", "eigenstep",
                      (), "min(0.9**6 - 1/2, 1/2 - 0.9**7) > 0")),
    EquationsClaim("P11", r"Adadelta without $g'$: $s \leftarrow \rho s + (1-\rho)g^2$, $x^+ = x - \sqrt{\frac{\Delta x + "
                   r"\epsilon}{s+\epsilon}}\,g$, $\Delta x \leftarrow \rho\Delta x + (1-\rho)(x^+ - x)^2$", "L, exercise",
                   adadelta, {"s": "rho*s + (1 - rho)*g**2", "old": "theta",
                              "theta": "theta - sqrt(d + eps)/sqrt(s + eps)*g",
                              "d": "rho*d + (1 - rho)*(theta - old)**2"}, fixed={"lr": 1}),
    InequalityClaim("P11.first", r"Adadelta is not free of a learning rate, $\epsilon$ takes its place: the first step is at "
                    r"most $\sqrt{\frac{\epsilon}{1-\rho}}$, however far the minimizer is", "L, exercise",
                    ("eps > 0", "1 - rho > 0", "square >= 0"),
                    "eps/(1 - rho) - square*eps/((1 - rho)*square + eps) >= 0"),
    SumClaim("P12", r"$\sum_{i=0}^{t}\beta^i = \frac{1-\beta^t}{1-\beta}$", "L, Adam", "beta**i", "0", "t",
             "(1 - beta**t)/(1 - beta)",
             corrected=SumClaim("P12.corrected", r"$\sum_{i=0}^{t-1}\beta^i = \frac{1-\beta^t}{1-\beta}$",
                                "eigenstep", "beta**i", "0", "t - 1", "(1 - beta**t)/(1 - beta)", 1,
                                ("beta >= 0", "1 - beta > 0"))),
    UnrolledClaim("P13", r"$s^{[t]} = (1-\rho_1)\sum_{i=1}^t\rho_1^{t-i}g^{[i]}$", "S, Adam: bias", adam, "m",
                  "(1 - beta1)*beta1**tau"),
    FirstStepsClaim("P13.first", r"$s^{[1]} = (1-\rho_1)\hat g^{[1]}$, $s^{[2]} = \rho_1(1-\rho_1)\hat g^{[1]} + (1-\rho_1)\hat g^{[2]}$, "
                    r"$s^{[3]} = \rho_1^2(1-\rho_1)\hat g^{[1]} + \rho_1(1-\rho_1)\hat g^{[2]} + (1-\rho_1)\hat g^{[3]}$",
                    "S, Adam: bias", adam, "m",
                    {1: "(1 - beta1)*g1", 2: "beta1*(1 - beta1)*g1 + (1 - beta1)*g2",
                     3: "beta1**2*(1 - beta1)*g1 + beta1*(1 - beta1)*g2 + (1 - beta1)*g3"}),
    SumClaim("P14", r"Under a constant mean $\mathbb E s^{[t]} = \mathbb E g\,(1-\rho^t)$: the weights add up to "
             r"$1-\rho^t$", "S, Adam: bias", "(1 - rho)*rho**i", "0", "t - 1", "1 - rho**t", 1),
    LimitClaim("P14.vanishes", r"… and the bias $\rho^t$ vanishes", "S, Adam: bias", "rho**t", "t", "0",
               ("rho",)),
    InequalityClaim("P14.biased", r"“$\mathbb E[s^{[t]}] \ne \mathbb E[\hat g^{[t]}]$”: $(1-\rho_1^t)m \ne m$ where the mean $m \ne 0$ is "
                    r"constant, at every $t$ and $0 < \rho_1$ ($p = \rho_1^t$) …", "S, Adam: bias", ("p > 0", "m**2 > 0"),
                    "((1 - p)*m - m)**2 > 0"),
    EquationsClaim("P14.unbiased", r"… not at $\rho_1 = 0$, which S’s $\rho_1 \in [0, 1)$ includes: there $s^{[t]} = \hat g^{[t]}$",
                   "eigenstep", adam, {"m": "g", "v": "beta2*v + (1 - beta2)*g**2", "v_hat": "v/(1 - beta2**t)",
                                       "theta": "theta - eta*m/(sqrt(v_hat) + eps)"}, fixed={"beta1": 0}),
    InductionClaim("P14.drift", r"If no mean is further than $\delta$ from that of the last gradient then $\lvert\zeta\rvert \le "
                   r"\delta(1-\rho^t)$: from $\zeta = P = 0$, $\zeta \leftarrow \rho\zeta + (1-\rho)e$, $P \leftarrow \rho P + 1-\rho$",
                   "eigenstep", {"z": "0", "P": "0"}, {"z": "rho*z + (1 - rho)*e", "P": "rho*P + 1 - rho"},
                   ("d*P - z >= 0", "d*P + z >= 0"), ("d - e >= 0", "d + e >= 0"), ("rho", "d"), ("rho >= 0", "1 - rho > 0")),
    InductionClaim("P14.slow", r"“$\zeta$ can be kept small due to the exponential weights”: a mean that moves by at most $\delta$ a step "
                   r"leaves $\lvert\zeta\rvert \le \delta\frac{\rho}{1-\rho}$, of all $t$ ($\zeta_{t+1} = \rho(\zeta_t - (1-\rho^t)e)$)",
                   "S, Adam: bias", {"z": "0", "P": "0"}, {"z": "rho*(z - P*e)", "P": "rho*P + 1 - rho"},
                   ("d*rho - (1 - rho)*z >= 0", "d*rho + (1 - rho)*z >= 0", "P >= 0", "1 - P >= 0"),
                   ("d - e >= 0", "d + e >= 0"), ("rho", "d"), ("rho >= 0", "1 - rho > 0", "d >= 0")),
    UnrolledClaim("P14.second", r"“$\mathbb E[r^{[t]}] \ne \mathbb E[\hat g^{[t]}\odot\hat g^{[t]}]$”, analogously: $r^{[t]} = (1-\rho_2)"
                  r"\sum\rho_2^{t-i}\hat g^{[i]}\odot\hat g^{[i]}$, whose weights add up to $1-\rho_2^t$ (P14)", "S, Adam: bias", adam,
                  "v", "(1 - beta2)*beta2**tau", "g**2"),
    IdentityClaim("P15", r"No correction is needed with $\beta_t = \beta\frac{1-\beta^{t-1}}{1-\beta^t}$: $\hat m_t = "
                  r"\beta_t\hat m_{t-1} + (1-\beta_t)g_t$ for $t \ge 2$, and so for the second moment; at $t = 1$ it begins with $\hat m_1 = g_1$ (P13.first)", "L, exercise",
                  "(beta*m + (1 - beta)*g)/(1 - beta**t)", "B*m/(1 - beta**(t - 1)) + (1 - B)*g",
                  {"B": "beta*(1 - beta**(t - 1))/(1 - beta**t)"},
                  ("beta >= 0", "1 - beta > 0", "t >= 2")),
    InequalityClaim("P16", r"AMSGrad’s “update steps will become non-increasing”: $\frac{\lvert m'\rvert}"
                    r"{\sqrt{\hat v'}} \le \frac{\lvert m\rvert}{\sqrt{\hat v}}$ ($s = \sqrt{\hat v}$)", "N, AMSGrad",
                    ("m > 0", "m1 > 0", "s > 0", "s1 - s >= 0"), "m/s - m1/s1 >= 0",
                    corrected=InequalityClaim(
                        "P16.corrected", r"What does not increase is the rate $\frac{\eta}{\sqrt{\hat v}+\epsilon}$, as "
                        r"$\hat v$ does not fall", "Reddi, Kale & Kumar 2018",
                        ("eta >= 0", "eps >= 0", "s > 0", "s1 - s >= 0"),
                        "eta/(s + eps) - eta/(s1 + eps) >= 0")),
    InductionClaim("P17.bounded", r"Reddi’s problem: on $[-1,1]$ the losses $Cx, -x, -x$ in turn, $\beta_1 = 0$, $\beta_2 = "
                   r"\frac{1}{1+C^2}$. From $v_0 = 0$ on $0 \le v \le C^2$", "Reddi, Kale & Kumar 2018, theorem 1",
                   {"v": "0"}, {"v": "b*v + (1 - b)*square"}, ("C**2 - v >= 0", "v >= 0"),
                   ("square >= 0", "C**2 - square >= 0"), ("b", "C"), ("b >= 0", "1 - b >= 0")),
    InequalityClaim("P17.down", r"… the step down at time $\tau$ is at most $\frac{\alpha}{\sqrt\tau}\sqrt{\frac{1+C^2}{C^2}}$, as "
                    r"$\frac{v'}{C^2} \ge 1-\beta_2 = \frac{C^2}{1+C^2}$", "Reddi, Kale & Kumar 2018",
                    ("v >= 0",), "(v/(1 + C**2) + C**2/(1 + C**2)*C**2) - C**2*C**2/(1 + C**2) >= 0"),
    InequalityClaim("P17.up", r"… each step up at least $\frac{\alpha}{\sqrt\tau}\sqrt{\frac{1+C^2}{2C^2}}$, as $v' \le "
                    r"\frac{2C^2}{1+C^2}$", "Reddi, Kale & Kumar 2018",
                    ("C**2 - v >= 0",), "2*C**2/(1 + C**2) - (v/(1 + C**2) + C**2/(1 + C**2)) >= 0"),
    InequalityClaim("P17", r"… so three steps together do not go down, $\frac{1}{\sqrt{2(3t+2)}} + \frac{1}{\sqrt{2(3t+3)}} \ge "
                    r"\frac{2}{\sqrt{2(3t+3)}} \ge \frac{1}{\sqrt{3t+1}}$: Adam ends at $x = 1$, where the loss is largest "
                    r"for $C > 2$", "L, Adam; Reddi, Kale & Kumar 2018",
                    ("t >= 1",), "4/(2*(3*t + 3)) - 1/(3*t + 1) >= 0"),
    InductionClaim("P17.stays", r"… from $x = 1$ on: where a step down by $d$ is followed by steps up by $u$ and $w$ with $u + w \ge d$, each "
                   r"cut off at 1, $y \ge \min(1, x - d + u)$, $z \ge \min(1, y + w)$, $x \ge 1$ again after every three",
                   "eigenstep", {"x": "1"}, {"x": "z"}, ("x - 1 >= 0",),
                   ("u + w - d >= 0", "w >= 0", "0 - (1 - y)*(x - d + u - y) >= 0", "0 - (1 - z)*(y + w - z) >= 0")),
    InductionClaim("P17.general", r"For any $\beta_1 < \sqrt{\beta_2}$: $i$ steps after a gradient $C$ that met $m \le 0$, all others since "
                   r"being below 0, $m \le (1-\beta_1)C\beta_1^i$ and $v \ge (1-\beta_2)C^2\beta_2^i$: a step down is at most "
                   r"$\frac{1-\beta_1}{\sqrt{1-\beta_2}}\gamma^i$, $\gamma = \frac{\beta_1}{\sqrt{\beta_2}}$, whatever $C$ is …",
                   "Reddi, Kale & Kumar 2018, theorem 2",
                   {"m": "b1*m0 + (1 - b1)*C", "v": "b2*v0 + (1 - b2)*C**2", "p": "1", "q": "1"},
                   {"m": "b1*m + (1 - b1)*g", "v": "b2*v + (1 - b2)*g**2", "p": "b1*p", "q": "b2*q"},
                   ("(1 - b1)*C*p - m >= 0", "v - (1 - b2)*C**2*q >= 0"), ("0 - g >= 0",), ("m0", "v0", "b1", "b2", "C"),
                   ("0 - m0 >= 0", "v0 >= 0", "b1 >= 0", "1 - b1 > 0", "b2 >= 0", "1 - b2 > 0")),
    LimitClaim("P17.few", r"… while of the $C-1$ others all but $2\ln C/\ln\frac1{\beta_2}$, a vanishing part, go up by a "
               r"length that does not depend on $C$: for large $C$ Adam ends at the worst point",
               "Reddi, Kale & Kumar 2018, theorem 2", "2*log(C)/(kappa*C)", "C", "0"),
    IdentityClaim("P18", r"$s + (1-\beta_2)(g^2 - s) = \beta_2s + (1-\beta_2)g^2$", "L, Yogi",
                  "s + (1 - beta)*(g**2 - s)", "beta*s + (1 - beta)*g**2"),
    SumClaim("P19.centre", r"$(1-\beta)\sum_{i=1}^{t} i\,\beta^{i-1} = \frac{1-(t+1)\beta^t+t\beta^{t+1}}{1-\beta}$, the "
             r"moving average’s centre of mass before division by $1-\beta^t$", "Liu et al. 2020",
             "(1 - beta)*i*beta**(i - 1)", "1", "t",
             "(1 - (t + 1)*beta**t + t*beta**(t + 1))/(1 - beta)", 1,
             ("beta >= 0", "1 - beta > 0")),
    IdentityClaim("P19.length", r"A simple average of $\rho_t$ values has the centre $\frac{\rho_t+1}{2}$; equal to the "
                  r"other’s it gives $\rho_t = \rho_\infty - \frac{2t\beta_2^t}{1-\beta_2^t}$, $\rho_\infty = "
                  r"\frac{2}{1-\beta_2} - 1$", "N, Radam", "2*centre - 1",
                  "2/(1 - beta) - 1 - 2*t*beta**t/(1 - beta**t)",
                  {"centre": "(1 - (t + 1)*beta**t + t*beta**(t + 1))/((1 - beta)*(1 - beta**t))"}),
    IdentityClaim("P19.delta", r"$\operatorname{Var}\sqrt x \approx \frac{\operatorname{Var}x}{4\operatorname{E}x} = \frac{\rho}"
                  r"{2(\rho-2)(\rho-4)}$ for a scaled inverse $\chi^2$ of $\rho$ degrees of freedom, $\operatorname{E}x = "
                  r"\frac{\rho}{\rho-2}$, $\operatorname{Var}x = \frac{2\rho^2}{(\rho-2)^2(\rho-4)}$", "Liu et al. 2020",
                  "2*R**2/((R - 2)**2*(R - 4))/(4*R/(R - 2))", "R/(2*(R - 2)*(R - 4))"),
    IdentityClaim("P19.rectifier", r"… so $r_t^2$, the quotient of this at $\rho_\infty$ and at $\rho_t$, is "
                  r"$\frac{(\rho_t-4)(\rho_t-2)\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\rho_t}$", "N, Radam",
                  "(S/(2*(S - 2)*(S - 4)))/(R/(2*(R - 2)*(R - 4)))", "(R - 4)*(R - 2)*S/((S - 4)*(S - 2)*R)",
                  domain=("R > 4", "S > 4")),
    InequalityClaim("P19.most", r"“$\rho_\infty$ is the maximum length”: $\rho_t \le \rho_\infty$, as $\frac{2t\beta_2^t}{1-\beta_2^t} \ge "
                    r"0$ ($p = \beta_2^t$)", "N, Radam", ("t >= 0", "p >= 0", "1 - p > 0"), "2*t*p/(1 - p) >= 0"),
    FirstTractableClaim("P19.first", r"“If the variance is tractable ($\rho_t > 4$)”: at $\beta_2 = 0.999$ from step 5 on, and at none "
                        r"before, as $\rho_t$ does not fall", "N, Radam", "0.999", 5),
    LimitClaim("P19.limit", r"$\rho_t \to \rho_\infty$", "N, Radam", "2*t*beta**t/(1 - beta**t)", "t", "0",
               ("beta",)),
    LimitClaim("P20", r"RMSprop as $\gamma \to 1$ ($\gamma = 1 - \frac1n$): under constant gradients $s_t = (1-\gamma^t)g^2 \to 0$, what it "
               r"began as, and every gradient is divided by $\sqrt\epsilon$ (so $\gamma < 1$ is required)", "L, exercise",
               "(1 - (1 - 1/n)**t)*g**2", "n", "0"),
    InductionClaim("P21", r"A layer-wise step has exactly the length $\eta\phi$: with $k = \frac{\eta\phi}{\|u\|}$ the sum $D$ of $(ku_i)^2$ "
                   r"is $k^2$ times that of $u_i^2$, $S = \|u\|^2$, entry by entry, so $\|ku\|^2 = (\eta\phi)^2$",
                   "N, Large Batch Optimization", {"S": "0", "D": "0"}, {"S": "S + u**2", "D": "D + (k*u)**2"},
                   ("D - k**2*S >= 0", "k**2*S - D >= 0"), (), ("k", "n", "step"), (),
                   ("n**2 - S >= 0", "S - n**2 >= 0", "k*n - step >= 0", "step - k*n >= 0"),
                   ("D - step**2 >= 0", "step**2 - D >= 0")),
    InequalityClaim("P21.stuck", r"So with constant $\eta\phi$ two iterates in a row are never both nearer than "
                    r"$\eta\phi/2$ to a minimizer (on a line)", "eigenstep",
                    ("(a - b)**2 - step**2 >= 0", "step - 2*a > 0", "step + 2*a > 0"),
                    "4*b**2 - step**2 > 0"),
    InequalityClaim("P21.cycle", r"Normalised gradient descent, $\theta - \eta Q\theta/\|Q\theta\|$, goes back "
                    r"and forth between $\pm\frac\eta2 e_i$ for every eigenvector $e_i$ …", "eigenstep",
                    ("lam > 0", "eta > 0", "x - eta/2 >= 0", "eta/2 - x >= 0"),
                    "0 - (x - eta*(lam*x)/(lam*x) + x)**2 >= 0"),
    InequalityClaim("P21.stable", r"… and an error along $e_j$ is multiplied by $1 - \frac{2\lambda_j}{\lambda_i}$ a "
                    r"step, less than 1 in size for $\lambda_j < \lambda_i$ alone: only the oscillation along the "
                    r"largest curvature lasts", "eigenstep",
                    ("lj > 0", "li - lj > 0"), "1 - (1 - 2*lj/li)**2 > 0"),
    InequalityClaim("P21.unstable", r"… with $\lambda_j > \lambda_i$ it grows", "eigenstep",
                    ("li > 0", "lj - li > 0"), "(1 - 2*lj/li)**2 - 1 > 0"),
    IdentityClaim("P22", r"Lookahead, $\theta + \alpha(\varphi-\theta)$, on gradient descent multiplies the error by $1-\alpha+\alpha"
                  r"(1-\eta\lambda)^k$ every $k$ steps …", "eigenstep", "x + alpha*(r**k*x - x)",
                  "(1 - alpha + alpha*r**k)*x"),
    InequalityClaim("P22.sign", r"… and N’s $\theta - \alpha(\varphi-\theta)$ by $1+\alpha-\alpha x$, $x = (1-\eta\lambda)^k$, which is below 1 in "
                    r"size where gradient descent converges, $\lvert x\rvert < 1$", "N, Lookahead",
                    ("alpha > 0", "1 - alpha >= 0", "1 - x > 0", "x + 1 > 0"), "1 - (1 + alpha - alpha*x)**2 > 0",
                    corrected=InequalityClaim(
                        "P22.sign_corrected", r"With that sign every cycle leads away wherever $x < 1$", "eigenstep",
                        ("alpha > 0", "1 - x > 0"), "(1 + alpha - alpha*x)**2 - 1 > 0")),
    InequalityClaim("P22.window", r"… stable where $1-\frac2\alpha < (1-\eta\lambda)^k < 1$", "eigenstep",
                    ("1 - x > 0", "x - 1 + 2/alpha > 0"),
                    "1 - (1 - alpha + alpha*x)**2 > 0"),
    InequalityClaim("P22.even", r"… so for even $k$ only where gradient descent is: $(1-\eta\lambda)^k \ge 1$ for "
                    r"$\eta\lambda \ge 2$", "eigenstep", ("alpha >= 0", "x - 1 >= 0"),
                    "(1 - alpha + alpha*x)**2 - 1 >= 0"),
    LookaheadClaim("P22.larger", r"“Fast weights can use bigger learning rate”, read as: than without, for some $k$ and $\alpha$: gradient descent with $k = 5$, $\alpha "
                   r"= \tfrac12$ converges for $0 < \eta\lambda < 2.24$", "N, Lookahead", gradient_descent, 5, "1/2",
                   "2.24"),
    LookaheadClaim("P22.momentum", r"… read as: with any inner rule, momentum too: with $k = 5$, $\alpha = \tfrac12$ around heavy ball, $\beta = "
                   r"0.9$, all $0 < \eta\lambda < 2 + 2\beta$ are stable as they are without", "N, Lookahead", heavy_ball,
                   5, "1/2", "2 + 2*beta", {"beta": "0.9"},
                   corrected=LookaheadClaim(
                       "P22.momentum_corrected", r"Around momentum Lookahead takes from the range: $0 < \eta\lambda < 2.59$ "
                       r"of $3.8$ is left in one piece", "eigenstep", heavy_ball, 5, "1/2", "2.59", {"beta": "0.9"})),
]  # fmt: skip
