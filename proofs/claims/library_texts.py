"""What the documentation of libraries prints, each sentence decided as it stands: PEPit's and torch's.

PEPit's statements are in units of the smoothness, L = 1, and in inner products of vectors of any dimension,
so that ``GP`` is ⟨g, p⟩. Values of f are over its minimum.
"""

from __future__ import annotations

from ...optimizers.rules import rmsprop
from ..kinds import Claim, EquationsClaim, IdentityClaim, InequalityClaim, ScheduleClaim

_PEPIT = "Goujaud et al. 2024, PEPit 0.5.1, examples.unconstrained_convex_minimization"
_TORCH = "Paszke et al. 2019, torch 2.13, torch.optim"
_AHEAD = "(1 - s)**2/(1 - (1 - s)**2)"
"""δ of the triple momentum method, s = √(μ/L)."""

_WORST_CASES: list[Claim] = [
    InequalityClaim("text.pepit.gradient_descent", r"$f(x_n) - f_\star \le \frac{L}{4nL\gamma+2}\lVert x_0-x_\star\rVert^2$ for $\gamma \le "
                    r"\frac1L$, at $n = 1$, from three interpolation inequalities of convex L-smooth functions ($u = g_0 + g_1$, "
                    r"$w = g_0 - g_1$, $c = L\gamma$)", f"{_PEPIT}.gradient_descent",
                    ("c >= 0", "1 - c >= 0", "WW >= 0", "XX - (2*c + 1)*XU + (2*c + 1)**2/4*UU >= 0",
                     "f0 - f1 - c*(UU - WW)/4 - WW/2 >= 0", "(XU - XW)/2 - c*(UU - WW)/4 - (UU - 2*UW + WW)/8 - f1 >= 0",
                     "(XU + XW)/2 - (UU + 2*UW + WW)/8 - f0 >= 0"),
                    "XX/(4*c + 2) - f1 >= 0"),
    IdentityClaim("text.pepit.huber", r"… “which is tight on some Huber loss functions”, for every n: with the slope $L\tau$ beyond $\tau = "
                  r"\frac1{2nL\gamma+1}$ and from $x_0 = 1$", f"{_PEPIT}.gradient_descent",
                  "L*tau*(1 - n*c/L*L*tau) - L*tau**2/2", "L/(4*n*c + 2)", {"tau": "1/(2*n*c + 1)"}),
    InequalityClaim("text.pepit.heavy_ball", r"$f(x_n) - f_\star \le (1-\alpha\mu)^n(f(x_0) - f_\star)$ for $\beta^2 = (1-\alpha\mu)(1-\alpha "
                    r"L)$: $V = f + \frac{1-\alpha L}{2\alpha}\lVert p\rVert^2$, $p = x_t - x_{t-1}$, which is $f(x_0)$ at first and "
                    r"at least f, falls by that factor each step", f"{_PEPIT}.heavy_ball_momentum",
                    ("a > 0", "PP >= 0", "(1 - a*mu)*(1 - a) - b**2 >= 0", "GG - 2*mu*f >= 0",
                     "f + (b*GP - a*GG) + (a**2*GG - 2*a*b*GP + b**2*PP)/2 - f1 >= 0"),
                    "(1 - a*mu)*(f + (1 - a)/(2*a)*PP) - f1 - (1 - a)/(2*a)*(a**2*GG - 2*a*b*GP + b**2*PP) >= 0"),
    InequalityClaim("text.pepit.nesterov", r"$f(x_n) - f_\star \le \left(1-\sqrt{\mu/L}\right)^n\left(f(x_0) - f_\star + "
                    r"\frac\mu2\lVert x_0-x_\star\rVert^2\right)$: $V = f(x) + \frac\mu2\lVert z\rVert^2$ falls by that factor each step, "
                    r"$s = \sqrt{\mu/L}$, $x = z + e$, $y = z + \frac e{1+s}$", f"{_PEPIT}.accelerated_gradient_strongly_convex",
                    ("s > 0", "1 - s >= 0", "EE >= 0", "fy - GG/2 - f1 >= 0",
                     "f - fy - GE*s/(1 + s) - s**2/2*EE*(s/(1 + s))**2 >= 0",
                     "GZ + GE/(1 + s) - s**2/2*(ZZ + 2*ZE/(1 + s) + EE/(1 + s)**2) - fy >= 0"),
                    "(1 - s)*(f + s**2/2*ZZ) - f1 - s**2/2*(ZZ + 2*ZE*s/(1 + s) + EE*(s/(1 + s))**2"
                    " - 2*(GZ + GE*s/(1 + s))/s + GG/s**2) >= 0"),
    IdentityClaim("text.pepit.nesterov_form", r"… with $z = x_t + \frac{1-s}s(x_t - x_{t-1})$, which the next step carries on: $(1-s)z + sy - "
                  r"\frac g{sL} = x_{t+1} + \frac{1-s}s(x_{t+1} - x_t)$", f"{_PEPIT}.accelerated_gradient_strongly_convex",
                  "(1 - s)*z + s*y - g/s", "(y - g) + (1 - s)/s*((y - g) - x)",
                  {"z": "x + (1 - s)/s*(x - w)", "y": "x + (1 - s)/(1 + s)*(x - w)"}),
    InequalityClaim("text.pepit.triple_momentum", r"$f(x_n) - f_\star \le \frac{\rho^{2(n+1)}L\kappa}2\lVert x_0-x_\star\rVert^2$, as the "
                    r"docstring has it, at $n = 1$ on $\frac\lambda2x^2$, $\mu \le \lambda \le L$ ($s = \sqrt{\mu/L}$)",
                    f"{_PEPIT}.triple_momentum", ("s > 0", "1 - s > 0", "lam - s**2 >= 0", "1 - lam >= 0"),
                    f"(1 - s)**4/(2*s**2) - lam/2*((1 + {_AHEAD})*(1 - lam*(2 - s)) - {_AHEAD})**2 >= 0",
                    corrected=InequalityClaim(
                        "text.pepit.triple_momentum_corrected", r"The bound is $\frac{\rho^{2n}L\kappa}2\lVert x_0-x_\star\rVert^2$, which "
                        r"PEPit’s code computes; at $n = 1$, where $x_1 = x_0 - \frac{g_0}{\sqrt{\mu L}}$, on all functions", "eigenstep",
                        ("XX - GX >= 0", "(1 + s**2)*GX - s**2*XX - GG >= 0",
                         "(XX - 2*GX/s + GG/s**2)/2 - f1 >= 0"),
                        "(1 - s)**2/(2*s**2)*XX - f1 >= 0")),
]  # fmt: skip

_LINEAR = "1/20*(1/20 + 19/20*epoch/40)"
_POLYNOMIAL = "1/20*(1 - epoch/50)**(9/10)"
_STEPPED = "lr*((1 - epoch/50)/(1 - (epoch - 1)/50))**(9/10)"

_DOCUMENTATION: list[Claim] = [
    IdentityClaim("text.torch.cosine", r"CosineAnnealingLR’s recursion $\eta_{t+1} = \eta_{\min} + (\eta_t - \eta_{\min})\frac{1+\cos((t+1)\pi/T)}"
                  r"{1+\cos(t\pi/T)}$, “a recursive approximation of the closed-form schedule”: it is exactly that schedule while "
                  r"$1 + \cos(t\pi/T) \ne 0$, $t < T$ ($c = \cos$)", f"{_TORCH}.lr_scheduler.CosineAnnealingLR",
                  "least + (rate - least)*(1 + c1)/(1 + c0)", "least + (most - least)*(1 + c1)/2",
                  {"rate": "least + (most - least)*(1 + c0)/2"}, ("1 + c0 > 0",), definition=True),
    ScheduleClaim("text.torch.constant", r"ConstantLR’s example: from 0.05 with factor 0.5 over 40 epochs the rate is 0.025 at epochs 0 to 3",
                  f"{_TORCH}.lr_scheduler.ConstantLR", "1/20*1/2", "0.05*0.5", "lr",
                  ((0, "0.025"), (1, "0.025"), (2, "0.025"), (3, "0.025"))),
    ScheduleClaim("text.torch.linear", r"LinearLR’s example: from 0.05 with start_factor 0.05 over 40 epochs the rate is 0.003687 at epoch 0, "
                  r"0.004875 at 1, 0.006062 at 2, 0.00725 at 3", f"{_TORCH}.lr_scheduler.LinearLR", _LINEAR, "0.05*0.05",
                  "lr*(1 + 0.95/(40*0.05 + (epoch - 1)*0.95))",
                  ((0, "0.003687"), (1, "0.004875"), (2, "0.006062"), (3, "0.00725")),
                  corrected=ScheduleClaim("text.torch.linear_corrected", r"… at epochs 1 to 4 (0.0025 at 0)", "eigenstep", _LINEAR, "0.05*0.05",
                                          "lr*(1 + 0.95/(40*0.05 + (epoch - 1)*0.95))",
                                          ((0, "0.0025"), (1, "0.0036875"), (2, "0.004875"), (3, "0.0060625"), (4, "0.00725")))),
    ScheduleClaim("text.torch.polynomial", r"PolynomialLR’s example: from 0.05 with power 0.9 over 50 epochs the rate is 0.0490 at epoch 0, "
                  r"0.0481 at 1, 0.0472 at 2", f"{_TORCH}.lr_scheduler.PolynomialLR", _POLYNOMIAL, "0.05", _STEPPED,
                  ((0, "0.0490"), (1, "0.0481"), (2, "0.0472")),
                  corrected=ScheduleClaim("text.torch.polynomial_corrected", r"It is 0.0500, 0.0491, 0.0482", "eigenstep", _POLYNOMIAL,
                                          "0.05", _STEPPED, ((0, "0.0500"), (1, "0.0491"), (2, "0.0482")))),
    EquationsClaim("text.torch.rmsprop", r"RMSprop’s “effective learning rate is thus $\gamma/(\sqrt v + \epsilon)$”, which multiplies the "
                   r"gradient (neither centered nor with momentum)", f"{_TORCH}.RMSprop", rmsprop,
                   {"s": "gamma*s + (1 - gamma)*g**2", "theta": "theta - eta/(sqrt(s) + eps)*g"}, fixed={"eps_place": "outside"}),
    IdentityClaim("text.torch.muon", r"Muon’s AdjustLR makes “the orthogonalized update have a consistent RMS across rectangular matrices”: "
                  r"of the default, which scales by $\sqrt{\max(1, A/B)}$, the squares for shapes $[A, B]$ and $[C, D]$",
                  f"{_TORCH}.Muon", "max(1, A/B)/max(A, B)", "max(1, C/D)/max(C, D)",
                  corrected=IdentityClaim("text.torch.muon_corrected", r"It is $\frac1{\sqrt B}$, the same for as many columns only (of "
                                          r"“match_rms_adamw” it is 0.2 for all shapes)", "eigenstep",
                                          "where(A >= B, A/B, 1)/where(A >= B, A, B)", "1/B")),
]  # fmt: skip

CLAIMS: list[Claim] = [*_WORST_CASES, *_DOCUMENTATION]
