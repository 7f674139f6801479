"""Every public name imports from where it was before the folders had rooms.

The names of version 0.1 by module, without ``eigenstep.``; programs of others rely on them. What a target
or the compiler keeps to itself is not among them, nor is how the report is worded.
"""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers.rules import heavy_ball

NAMES = """
analysis: Derivation ETA ETA_LAMBDA LAMBDA LinearSystem Trace derive freeze trace
analysis.adam_failure: check_betas drift largest_step_down periodic_moments run smallest_cycle
analysis.averages: MovingAverage exact_rectifier first_tractable_step inverse_root_variance
    rectifier
analysis.comparison: Candidate Comparison Departure SHAPES TOLERANCE Target TargetError candidates
    compare problem run_rule
analysis.compiled: Uncompiled
analysis.convex: SCHEDULES bound exact_constant_step first_step optimal_constant_step schedule_bound
    strongly_convex_bound
analysis.decision: Decision Encoder SMALL TIME_LIMIT any_counterexample decide
    simplest_counterexample simplest_point
analysis.derivation: Derivation ETA_LAMBDA decide derive
analysis.equality: all_equal equal positive_norms
analysis.expressions: ExpressionError build parse parse_rule
analysis.frozen: SCALE freeze
analysis.iterate: FIRST Iterate SECOND
analysis.limit_cycle: LimitCycle NoCycle limit_cycle
analysis.loading: LoadError load_rule load_target
analysis.lookahead: ALPHA LookaheadTheory
analysis.noise: SPREAD StationaryNoise VARIANCE best_schedule minibatch_variance solve_lyapunov
    stationary_noise
analysis.preconditioning: condition_number discs gerschgorin_bound positive_definite scaled
    worse_when_scaled
analysis.reals: DIGITS LARGEST OutOfRange SMALLEST bits float64 multiprecision nonzero_sign rational
    real real_array
analysis.settings: BadSetting choice_of resolve value_of
analysis.simulation: Trajectory follow growth simulate
analysis.spectrum: SpectralRadius discriminant eigenvalues factors trace_and_determinant
analysis.stability: StabilityRegion Z decide_region domain_relations interval_relations
    jury_conditions largest_stable minimal_inequalities positive_factors tidy_fraction
analysis.symmetries: B C measured_symmetries symmetries
analysis.tracing: ETA LAMBDA LinearSystem STEP SYMBOLIC Trace exact grad_f symbol_of trace
analysis.transient: NoPeak TransientGrowth transient_growth
analysis.tuning: ClosedTuning H_MU KAPPA L MU NoTuning Q R Tuning check_spectrum closed_tuning
    in_field numerical_tuning root_conditions rounded search_range
analysis.user_code: MODULE_PREFIX add_place definition_of files full_name is_interrupt place_of
    running said_by
optimizers: ADOPT AMSBound AMSGrad ASGD AdEMAMix AdaBound AdaMax Adadelta Adagrad Adam AdamW Adamax
    Adan AggMo DomainError EigenstepError GradientDescent LaProp Lion MARS QHM Rprop ScheduleFreeAdamW
    ScheduleFreeSGD Signum TripleMomentum HeavyBall LAMB LARS Lookahead Missing NAdam Nadam Nesterov RAdam
    RMSprop Ralamb Ranger RangerLARS Rule RuleError RuleOptimizer SGD SparseGradient Undecided
    UnknownName Yogi rule
optimizers.adaptive: AMSBound AMSGrad AdaBound AdaMax Adadelta Adagrad Adam AdamW Adamax Betas NAdam
    Nadam RAdam RMSprop Yogi
optimizers.arguments: Contradiction HINTS UnknownArgument check_flag check_hints plain same
optimizers.blocked: BLOCK Blocked Slot
optimizers.checkpoints: StateError for_torch from_state_dict not_a_state torch_arguments
optimizers.coefficients: STEPS check_fit check_past checked first_value is_choice told whole
optimizers.compositions: FIRST PREVIOUS at_gradient_point check_start iterate_from_point
    layerwise_gradient lookahead one_of trust_ratio with_decoupled_weight_decay with_schedule
    with_weight_decay
optimizers.descent: GradientDescent HeavyBall Nesterov SGD
optimizers.domains: Choice Convention Domain Hyperparameter Integers Interval LearningRate
    NONNEGATIVE Named NonNegative POSITIVE Positive REAL UNIT UnitInterval check_all
    hyperparameter_of require
optimizers.engine: CUDA_PATIENCE ENGINES Groups Kernel PATIENCE Reduce can_compile check_engine
    kernel_of
optimizers.errors: DomainError EigenstepError Missing RuleError Undecided UnknownName shown
optimizers.files: OutputError cache_folder check_folder digest_of remove_unfinished temporary_folder
    write_atomically
optimizers.memory: GRADIENT Plain Row TensorMismatch examine staged
optimizers.moments: AveragingFactor CorrectedEpsilonPlace Epsilon EpsilonPlace averages bias
    corrected denominator epsilons
optimizers.native: ALONE CompileError Native TASK find_compiler
optimizers.ops: absolute clip divisor excess maximum minimum norm quotient register sign sqrt times
    toward where
optimizers.optimizer: RuleOptimizer SparseGradient
optimizers.shapes: Column Given Group Left Number Right Row
optimizers.program: Node NotRecordable Phase Program SIGN Value record
optimizers.rule: Rule Update derived rule
optimizers.rules: ALL_RULES LINEAR_RULES Rule adabound adadelta adagrad adam adamax adamw amsbound
    amsgrad gradient_descent heavy_ball lamb lars nadam nesterov radam ralamb ranger ranger_lars
    rmsprop rmsprop_variant rule yogi
optimizers.rules.adabound: CONVENTIONS SOURCE adabound amsbound coefficients
optimizers.rules.adadelta: adadelta coefficients
optimizers.rules.adagrad: adagrad coefficients initial_sum
optimizers.rules.adam: adam coefficients
optimizers.rules.adamax: adamax coefficients
optimizers.rules.adamw: adamw
optimizers.rules.amsgrad: amsgrad coefficients
optimizers.rules.gradient_descent: gradient_descent
optimizers.rules.heavy_ball: coefficients heavy_ball
optimizers.rules.large_batch: lamb lars ralamb
optimizers.rules.nadam: coefficients momentum momentum_product nadam scheduled_steps
optimizers.rules.nesterov: coefficients lookahead_point nesterov
optimizers.rules.radam: THRESHOLD average_length coefficients radam rectification
optimizers.rules.ranger: ranger ranger_lars
optimizers.rules.rmsprop: CONVENTIONS SOURCE coefficients momentum_coefficients rmsprop
    rmsprop_variant
optimizers.rules.yogi: coefficients initial_average yogi
optimizers.schedules: Factor cosine exponential inverse_square_root inverse_time piecewise_constant
    polynomial
optimizers.signals: end_on_signals
optimizers.workers: Overrun WorkerEnded Workers end_all end_process forget_process run_program serve
    start_process
optimizers.wrappers: LAMB LARS Lookahead OWN Ralamb Ranger RangerLARS
proofs: ALL_CLAIMS Claim Decided Proof Verdict decide_all decide_claim with_corrections
proofs.adaptivity: CLAIMS
proofs.claims: A_FUNCTION Claim ConjugacyClaim EquationsClaim InequalityClaim MatrixClaim
    MaximumLimitClaim PowerClaim R Reals RegionClaim RootLemma S_FUNCTION StoredPointClaim
    TuningClaim any_rule from_decisions sample_state sample_step
proofs.evidence: Evidence SEED evidence read
proofs.identities: CycleClaim GrowthClaim IdentityClaim LimitClaim LookaheadClaim
    MatrixIdentityClaim Names ScalingClaim SumClaim SymmetryClaim UnrolledClaim VarianceClaim
proofs.ledger: ALL_CLAIMS with_corrections
proofs.mutants: AVERAGING INDICES Survey main mutants_of proved_claims survey
proofs.quadratics: CLAIMS
proofs.running: Decided cores decide_all decide_claim
proofs.steps: all_equal decide decide_region equal note said taking_notes
proofs.stochastic: CLAIMS
proofs.update_rules: CLAIMS
proofs.verdict: Proof Verdict
proofs.words: Letter ORTHOGONAL SYMMETRIC VECTORS Words letters
reports.airfoil: DataError FILE_NAME LeastSquares ROWS SHA256 SOURCES download find load_airfoil
    load_regression
reports.command_line: main
reports.exercises: ALL_EXERCISES
reports.figures: ALL_FIGURES draw save
reports.report: write_report
"""
MOVED = """
optimizers.adaptive: optimizers.classes.adaptive
optimizers.arguments: optimizers.classes.arguments
optimizers.blocked: optimizers.program.torch_blocks
optimizers.checkpoints: optimizers.classes.checkpoints
optimizers.coefficients: optimizers.classes.coefficients
optimizers.descent: optimizers.classes.descent
optimizers.files: optimizers.machine.files
optimizers.memory: optimizers.engine.memory
optimizers.native: optimizers.engine.native
optimizers.optimizer: optimizers.classes.optimizer
optimizers.signals: optimizers.machine.signals
optimizers.workers: optimizers.machine.workers
optimizers.wrappers: optimizers.classes.wrappers
analysis.adam_failure: analysis.adaptive.adam_failure
analysis.averages: analysis.adaptive.averages
analysis.derivation: analysis.linear.derivation
analysis.frozen: analysis.adaptive.frozen
analysis.iterate: analysis.linear.iterate
analysis.limit_cycle: analysis.adaptive.limit_cycle
analysis.lookahead: analysis.linear.lookahead
analysis.noise: analysis.linear.noise
analysis.preconditioning: analysis.adaptive.preconditioning
analysis.spectrum: analysis.linear.spectrum
analysis.stability: analysis.linear.stability
analysis.transient: analysis.linear.transient
analysis.tuning: analysis.linear.tuning
proofs.adaptivity: proofs.claims.adaptivity
proofs.identities: proofs.kinds
proofs.quadratics: proofs.claims.quadratics
proofs.stochastic: proofs.claims.stochastic
proofs.update_rules: proofs.claims.update_rules
reports.airfoil: reports.experiments.airfoil
reports.command_line: reports.commands.command_line
reports.exercises: reports.chapters.exercises
"""
"""Modules that have another place now; both names are of the same module."""


def _table(text):
    rows = re.sub(r"\n\s+", " ", text).strip().splitlines()
    return {f"eigenstep.{name}": words.split() for name, words in (row.split(":") for row in rows)}


TABLE = _table(NAMES)


@pytest.mark.parametrize("module", TABLE)
def test_names_are_where_they_were(module):
    found = importlib.import_module(module)
    assert [name for name in TABLE[module] if not hasattr(found, name)] == []


def test_a_fresh_program_imports_them_all():
    """As statements of a program that has imported nothing before."""
    lines = [f"from {module} import {', '.join(names)}" for module, names in TABLE.items()]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)


@pytest.mark.parametrize(("old", "new"), _table(MOVED).items())
def test_a_moved_module_is_the_same_module(old, new):
    assert importlib.import_module(old) is importlib.import_module(f"eigenstep.{new[0]}")


def _packages():
    for floor in ("optimizers", "analysis", "proofs", "reports"):
        package = importlib.import_module(f"eigenstep.{floor}")
        yield package.__name__
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.ispkg:
                yield found.name


@pytest.mark.parametrize("package", list(_packages()))
def test_what_a_package_offers_is_there(package):
    found = importlib.import_module(package)
    assert [name for name in getattr(found, "__all__", ()) if not hasattr(found, name)] == []


def test_the_readme_imports_what_is_listed():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"from (eigenstep[\w.]*) import ([\w, ]*\w)", readme)
    assert found
    for module, names in found:
        for name in names.split(", "):
            assert name in TABLE[module] or f"{module}.{name}" in TABLE, (module, name)


def test_a_derivation_has_what_others_ask_of_it():
    asked = (
        "matrix characteristic_polynomial eigenvalues stability limit spectral_radius tuning noise"
    )
    theory = derive(heavy_ball)
    assert [name for name in asked.split() if not hasattr(theory, name)] == []
