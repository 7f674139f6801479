"""Claims about preconditioning and adaptive rules, as print has them (N, L, S)."""

from __future__ import annotations

from ...optimizers.rules import adadelta, adagrad, adam, gradient_descent, heavy_ball, rmsprop
from ..kinds import (
    Claim,
    EquationsClaim,
    IdentityClaim,
    InequalityClaim,
    LimitClaim,
    LookaheadClaim,
    MatrixIdentityClaim,
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
    MatrixIdentityClaim("P2", r"$\|Uc - Ud\| = \|c - d\|$ for orthogonal $U$", _PRECONDITIONING, "uT*u", "wT*w",
                        {"u": "U*c - U*d", "w": "c - d"}),
    MatrixIdentityClaim("P3", r"$z = \Lambda^{1/2}Ux$ makes $x^TQx = \|z\|^2$", _PRECONDITIONING,
                        "xT*UT*L*U*x", "sT*s", {"s": "Lh*U*x"}),
    IdentityClaim("P4.unit", r"$\tilde Q_{ii} = Q_{ii}/\sqrt{Q_{ii}Q_{ii}} = 1$", _PRECONDITIONING,
                  "q/sqrt(q*q)", "1"),
    ScalingClaim("P4", r"Diagonal scaling never raises the condition number (print: “in most cases this "
                 r"simplifies it considerably”)", _PRECONDITIONING,
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
    InequalityClaim("P5", r"Gerschgorin: $\lvert\lambda - a_{ii}\rvert\lvert x_i\rvert \le \sum_j\lvert a_{ij}"
                    r"\rvert\lvert x_j\rvert$ at the largest $\lvert x_i\rvert$, so $\lambda$ lies within $R_i = "
                    r"\sum_{j\ne i}\lvert a_{ij}\rvert$ of $a_{ii}$ (the sum over $j$ is $s \le R\lvert x_i\rvert$)",
                    "L, exercise", ("x > 0", "s - distance*x >= 0", "R*x - s >= 0"),
                    "R - distance >= 0"),
    InequalityClaim("P5.scaled", r"For $\tilde Q$, whose diagonal is 1: the eigenvalues lie in $[1-R, 1+R]$, $R = \max_i"
                    r"\sum_{j\ne i}\lvert Q_{ij}\rvert/\sqrt{Q_{ii}Q_{jj}}$, so $\kappa(\tilde Q) \le \frac{1+R}{1-R}$ for $R < 1$",
                    "L, exercise", ("R >= 0", "1 - R > 0", "1 + R - largest >= 0", "least - (1 - R) >= 0"),
                    "(1 + R)/(1 - R) - largest/least >= 0"),
    UnrolledClaim("P6.sum", r"$s_t = \sum_\tau g_\tau^2$, which grows linearly under gradients of constant size", "L, AdaGrad",
                  adagrad, "s", "1", "g**2", {"lr_decay": 0}),
    LimitClaim("P6", r"Under gradients of constant size $G$ Adagrad’s step $\frac{\eta}{\sqrt{tG^2+\epsilon}}$ times "
               r"$\sqrt t$ tends to $\eta/G$: it falls as $t^{-1/2}$", "L, AdaGrad",
               "sqrt(t)*eta/sqrt(t*G**2 + eps)", "t", "eta/G"),
    IdentityClaim("P7", r"$0.1x_1^2 + 2x_2^2$ rotated by 45 degrees is $0.1(x_1+x_2)^2 + 2(x_1-x_2)^2$",
                  "L, exercise", "0.1*y1**2 + 2*y2**2", "0.1*(x1 + x2)**2 + 2*(x1 - x2)**2",
                  {"y1": "(x1 + x2)/sqrt(2)", "y2": "(x1 - x2)/sqrt(2)"},
                  corrected=IdentityClaim(
                      "P7.corrected", r"… is $0.05(x_1+x_2)^2 + (x_1-x_2)^2$; print has twice that",
                      "eigenstep", "0.1*y1**2 + 2*y2**2", "0.05*(x1 + x2)**2 + (x1 - x2)**2",
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
                  corrected=IdentityClaim(
                      "P9.half_life_corrected", r"The half-life is $\frac{\ln\frac12}{\ln\gamma}$: $e^{h\ln\gamma} = "
                      r"\tfrac12$", "eigenstep", "h*log(gamma)", "log(1/2)", {"h": "log(1/2)/log(gamma)"})),
    SymmetryClaim("P10.adam", r"Adam’s update has not the parameters’ unit, at $\epsilon = 0$ either …", "N, Adadelta", adam, "units", False),
    SymmetryClaim("P10.gradient_descent", r"… nor gradient descent’s", "N, Adadelta", gradient_descent, "units", False),
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
                                "eigenstep", "beta**i", "0", "t - 1", "(1 - beta**t)/(1 - beta)", 1)),
    UnrolledClaim("P13", r"$s^{[t]} = (1-\rho_1)\sum_{i=1}^t\rho_1^{t-i}g^{[i]}$", "S, Adam: bias", adam, "m",
                  "(1 - beta1)*beta1**tau"),
    SumClaim("P14", r"Under a constant mean $\mathbb E s^{[t]} = \mathbb E g\,(1-\rho^t)$: the weights add up to "
             r"$1-\rho^t$", "S, Adam: bias", "(1 - rho)*rho**i", "0", "t - 1", "1 - rho**t", 1),
    LimitClaim("P14.vanishes", r"… and the bias $\rho^t$ vanishes", "S, Adam: bias", "rho**t", "t", "0",
               ("rho",)),
    InequalityClaim("P14.drift", r"If no mean is further than $\delta$ from the present one then $\lvert\zeta\rvert "
                    r"\le \delta(1-\rho^t)$, one term more", "eigenstep",
                    ("rho >= 0", "1 - rho >= 0", "d*P - z >= 0", "d - e >= 0",
                     ), "d*(rho*P + 1 - rho) - (rho*z + (1 - rho)*e) >= 0"),
    IdentityClaim("P15", r"No correction is needed with $\beta_t = \beta\frac{1-\beta^{t-1}}{1-\beta^t}$: $\hat m_t = "
                  r"\beta_t\hat m_{t-1} + (1-\beta_t)g_t$", "L, exercise",
                  "(beta*m + (1 - beta)*g)/(1 - beta**t)", "B*m/(1 - beta**(t - 1)) + (1 - B)*g",
                  {"B": "beta*(1 - beta**(t - 1))/(1 - beta**t)"}),
    InequalityClaim("P16", r"AMSGrad’s “update steps will become non-increasing”: $\frac{\lvert m'\rvert}"
                    r"{\sqrt{\hat v'}} \le \frac{\lvert m\rvert}{\sqrt{\hat v}}$ ($s = \sqrt{\hat v}$)", "N, AMSGrad",
                    ("m > 0", "m1 > 0", "s > 0", "s1 - s >= 0"), "m/s - m1/s1 >= 0",
                    corrected=InequalityClaim(
                        "P16.corrected", r"What does not increase is the rate $\frac{\eta}{\sqrt{\hat v}+\epsilon}$, as "
                        r"$\hat v$ does not fall", "Reddi, Kale & Kumar 2018",
                        ("eta >= 0", "eps >= 0", "s > 0", "s1 - s >= 0"),
                        "eta/(s + eps) - eta/(s1 + eps) >= 0")),
    InequalityClaim("P17.bounded", r"Reddi’s problem: on $[-1,1]$ the losses $Cx, -x, -x$ in turn, $\beta_1 = 0$, "
                    r"$\beta_2 = \frac{1}{1+C^2}$. $v \le C^2$ always", "Reddi, Kale & Kumar 2018, theorem 1",
                    ("C**2 - v >= 0", "C**2 - square >= 0", "b >= 0", "1 - b >= 0"),
                    "C**2 - b*v - (1 - b)*square >= 0"),
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
    IdentityClaim("P17.general", r"For any $\beta_1 < \sqrt{\beta_2}$: after a gradient $C$ the $i$-th step down is at most "
                  r"$\frac{(1-\beta_1)C\beta_1^i}{\sqrt{(1-\beta_2)C^2\beta_2^i}} = \frac{1-\beta_1}{\sqrt{1-\beta_2}}\gamma^i$, "
                  r"$\gamma = \frac{\beta_1}{\sqrt{\beta_2}}$, whatever $C$ is ($u = \beta_1^i$, $w = \sqrt{\beta_2}^{\,i}$) …",
                  "Reddi, Kale & Kumar 2018, theorem 2",
                  "(1 - beta1)*C*u/sqrt((1 - beta2)*C**2*w**2)", "(1 - beta1)/sqrt(1 - beta2)*(u/w)"),
    LimitClaim("P17.few", r"… while of the $C-1$ others all but $2\ln C/\ln\frac1{\beta_2}$, a vanishing part, go up by a "
               r"length that does not depend on $C$: for large $C$ Adam ends at the worst point",
               "Reddi, Kale & Kumar 2018, theorem 2", "2*log(C)/(kappa*C)", "C", "0"),
    IdentityClaim("P18", r"$s + (1-\beta_2)(g^2 - s) = \beta_2s + (1-\beta_2)g^2$", "L, Yogi",
                  "s + (1 - beta)*(g**2 - s)", "beta*s + (1 - beta)*g**2"),
    SumClaim("P19.centre", r"$(1-\beta)\sum_{i=1}^{t} i\,\beta^{i-1} = \frac{1-(t+1)\beta^t+t\beta^{t+1}}{1-\beta}$, the "
             r"moving average’s centre of mass before division by $1-\beta^t$", "Liu et al. 2020",
             "(1 - beta)*i*beta**(i - 1)", "1", "t",
             "(1 - (t + 1)*beta**t + t*beta**(t + 1))/(1 - beta)", 1),
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
                  "(S/(2*(S - 2)*(S - 4)))/(R/(2*(R - 2)*(R - 4)))", "(R - 4)*(R - 2)*S/((S - 4)*(S - 2)*R)"),
    LimitClaim("P19.limit", r"$\rho_t \to \rho_\infty$", "N, Radam", "2*t*beta**t/(1 - beta**t)", "t", "0",
               ("beta",)),
    IdentityClaim("P20", r"RMSprop with $\gamma = 1$: $s$ stays as it began (so $\gamma < 1$ is required)",
                  "L, exercise", "gamma*s + (1 - gamma)*g**2", "s", {"gamma": "1"}),
    MatrixIdentityClaim("P21", r"A layer-wise step has exactly the length $\eta\phi$: with $k = \frac{\eta\phi}{\|u\|}$, "
                        r"$\|ku\|^2 = k^2\|u\|^2$", "N, Large Batch Optimization", "sT*s", "k**2*(xT*x)",
                        {"s": "k*x"}),
    InequalityClaim("P21.stuck", r"So with constant $\eta\phi$ two iterates in a row are never both nearer than "
                    r"$\eta\phi/2$ to a minimizer (on a line)", "eigenstep",
                    ("(a - b)**2 - step**2 >= 0", "step - 2*a > 0", "step + 2*a > 0"),
                    "4*b**2 - step**2 > 0"),
    InequalityClaim("P21.cycle", r"Normalised gradient descent, $\theta - \eta Q\theta/\|Q\theta\|$, goes back "
                    r"and forth between $\pm\frac\eta2 e_i$ for every eigenvector $e_i$ …", "eigenstep",
                    ("lam > 0", "x - eta/2 >= 0", "eta/2 - x >= 0"),
                    "0 - (x - eta*(lam*x)/(lam*x) + x)**2 >= 0"),
    InequalityClaim("P21.stable", r"… and an error along $e_j$ is multiplied by $1 - \frac{2\lambda_j}{\lambda_i}$ a "
                    r"step, less than 1 in size for $\lambda_j < \lambda_i$ alone: only the oscillation along the "
                    r"largest curvature lasts", "eigenstep",
                    ("lj > 0", "li - lj > 0"), "1 - (1 - 2*lj/li)**2 > 0"),
    InequalityClaim("P21.unstable", r"… with $\lambda_j > \lambda_i$ it grows", "eigenstep",
                    ("li > 0", "lj - li > 0"), "(1 - 2*lj/li)**2 - 1 > 0"),
    IdentityClaim("P22", r"Lookahead on gradient descent multiplies the error by $1-\alpha+\alpha(1-\eta\lambda)^k$ every "
                  r"$k$ steps", "N, Lookahead", "x + alpha*(r**k*x - x)",
                  "(1 - alpha + alpha*r**k)*x"),
    InequalityClaim("P22.window", r"… stable where $1-\frac2\alpha < (1-\eta\lambda)^k < 1$", "eigenstep",
                    ("1 - x > 0", "x - 1 + 2/alpha > 0"),
                    "1 - (1 - alpha + alpha*x)**2 > 0"),
    InequalityClaim("P22.even", r"… so for even $k$ only where gradient descent is: $(1-\eta\lambda)^k \ge 1$ for "
                    r"$\eta\lambda \ge 2$", "eigenstep", ("alpha >= 0", "x - 1 >= 0"),
                    "(1 - alpha + alpha*x)**2 - 1 >= 0"),
    LookaheadClaim("P22.larger", r"“Fast weights can use bigger learning rate”: gradient descent with $k = 5$, $\alpha "
                   r"= \tfrac12$ converges for $0 < \eta\lambda < 2.24$", "N, Lookahead", gradient_descent, 5, "1/2",
                   "2.24"),
    LookaheadClaim("P22.momentum", r"… and so does momentum: with $k = 5$, $\alpha = \tfrac12$ around heavy ball, $\beta = "
                   r"0.9$, all $0 < \eta\lambda < 2 + 2\beta$ are stable as they are without", "N, Lookahead", heavy_ball,
                   5, "1/2", "2 + 2*beta", {"beta": "0.9"},
                   corrected=LookaheadClaim(
                       "P22.momentum_corrected", r"Around momentum Lookahead takes from the range: $0 < \eta\lambda < 2.59$ "
                       r"of $3.8$ is left in one piece", "eigenstep", heavy_ball, 5, "1/2", "2.59", {"beta": "0.9"})),
]  # fmt: skip
