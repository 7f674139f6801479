"""Who else is asked of each kind of claim: another kind of mind than its prover, and than float64.

Each answers True (it holds), False (it does not) or None (it cannot tell).
"""

import opinions_matrices as matrices
import opinions_numbers as numbers
import opinions_runs as runs
import opinions_worst_cases as worst_cases

OPINIONS = {
    "AnyLengthClaim": runs.any_length,
    "BoxClaim": runs.box,
    "ChangingRateClaim": runs.changing_rate,
    "ComplexRateClaim": matrices.complex_rates,
    "ContractionClaim": worst_cases.contractions,
    "ConjugacyClaim": runs.conjugacy,
    "CycleClaim": runs.cycle,
    "DefaultsClaim": runs.defaults,
    "DivergenceClaim": numbers.divergence,
    "EdgeClaim": runs.edges,
    "EquationsClaim": runs.equations,
    "EquivalentNoiseClaim": matrices.equivalent_noise,
    "ExponentialDecayClaim": numbers.decays,
    "FirstStepsClaim": runs.first_steps,
    "FirstTractableClaim": numbers.first_tractable,
    "GrowthClaim": numbers.growth,
    "IdentityClaim": numbers.identities,
    "ImpulseClaim": runs.impulse,
    "LimitClaim": numbers.limits,
    "LookaheadClaim": matrices.lookaheads,
    "MatrixClaim": matrices.matrices,
    "MatrixIdentityClaim": matrices.words,
    "MatrixPowerClaim": matrices.matrix_powers,
    "MostlyScaledClaim": matrices.mostly_scaled,
    "NoiseStepClaim": matrices.noise_steps,
    "PowerClaim": matrices.powers,
    "PrintedRunClaim": runs.printed_run,
    "RescalingClaim": runs.rescaling,
    "ScaleVarianceClaim": numbers.scale_variance,
    "ScalingClaim": matrices.scalings,
    "ScheduleClaim": numbers.schedules,
    "SignCycleClaim": runs.sign_cycle,
    "SingularValueClaim": numbers.singular_values,
    "StepBoundClaim": numbers.step_bounds,
    "StoredPointClaim": runs.stored_point,
    "SumClaim": numbers.sums,
    "SymmetryClaim": runs.symmetry,
    "TrappedClaim": worst_cases.trapped,
    "UnrolledClaim": runs.unrolled,
    "VarianceClaim": matrices.variances,
}
