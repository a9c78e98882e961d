"""Which solver for which problem."""

from dataclasses import replace

from ..solvers import REGISTRY, solve_interior, solve_with_kinks
from ._reduce import Reduction

_MAX_EXPLICIT = 700  # unknowns up to which forming and factoring Hessians pays
_MAX_KINKED = 1_500  # the same if each of them may have a kink
_MAX_KINKED_BALLS = 2_000  # terms up to which cones are faster than kinks in balls
_MAX_STACKED = 150  # the same for several outputs on stacked copies of the data
_MAX_CONES = 500_000  # terms times unknowns up to which cones are a last resort
_QUICK_CONES = 20_000  # the same up to which they are not the very last one
_PATIENCE = 200  # iterations before that; who allows fewer wants to stop early
_CONES, _MINIMAX, _DONE = "cvxpy", "minimax", ("optimal", "stopped")


def solve(problem, solver, options, start=None):
    """Minimise a RobustProblem.

    Parameters
    ----------
    problem : RobustProblem
        What to minimise.
    solver : str
        Name of a solver, or "auto".
    options : Options
        When to stop.
    start : ndarray of shape (size,) or None, default=None
        Where to begin; None: at a constant model.

    Returns
    -------
    solution : Solution
    """
    start = problem.constant() if start is None else start
    if solver == _CONES or (solver == "auto" and problem.cones_only):
        return REGISTRY[_CONES](problem, start, options)
    tried = None
    if solver == "auto" and _suits_cones(problem):
        tried = _by_cones(problem, start, options)
        if tried is not None and tried.status in _DONE:
            return tried
    if problem.cones_only:
        raise ValueError(
            f"solver={solver!r} cannot handle a finite label_cost; use solver='auto' "
            "or 'cvxpy'."
        )
    if solver == _MINIMAX and (problem.penalty.has_budgets or not _is_minimax(problem)):
        raise ValueError(
            f"solver={solver!r} is for the worst of several smooth risks, ModalityLoss "
            "or Domains with level below 1 or ModalityShift with few directions, and a "
            "smooth loss, without budgets of modalities; use solver='auto'."
        )
    if problem.size > _MAX_EXPLICIT and Reduction.applies(problem):
        thin = Reduction(problem)
        start, options = thin.shrink(start), thin.options(options)
        solution = _descend(thin.problem, solver, options, start)
        return replace(solution, theta=thin.expand(solution.theta))
    return _descend(problem, solver, options, start, tried)


def _suits_cones(problem):
    """Return whether the reference is the best choice: few samples, many kinks.

    Also where each worst case is a program of its own, and kinks ask for many of them.
    """
    is_small = problem.n_terms * problem.size <= _MAX_CONES
    is_wide = problem.size > max(_MAX_EXPLICIT, problem.n_samples)
    is_kinked = problem.penalty.has_kinks or not problem.loss.is_smooth
    is_slow = problem.risk.has_minimise and is_kinked
    if is_slow and problem.n_terms <= _MAX_KINKED_BALLS:
        return True
    return is_small and is_wide and _has_many_kinks(problem)


def _has_many_kinks(problem):
    """Return whether single rows have kinks; first-order methods do not get far."""
    return problem.penalty.n_kinks >= problem.n_features


def _descend(problem, solver, options, start, tried=None):
    """Descend, and try the reference if "auto" does not get there otherwise.

    `tried` is the reference's solution, if it was asked before.
    """
    name = _pick(problem) if solver == "auto" else solver
    volume = problem.n_terms * problem.size
    has_reference = solver == "auto" and volume <= _MAX_CONES
    is_quick = has_reference and volume <= _QUICK_CONES
    most = min(options.max_iter, _PATIENCE) if is_quick else options.max_iter
    try:
        solution = _fast(problem, name, replace(options, max_iter=most), start)
    except RuntimeError:  # of a worst case
        if not has_reference:
            raise
        return REGISTRY[_CONES](problem, start, options)
    impatient = solution.status == "max_iter" and options.max_iter < _PATIENCE
    if solution.status in _DONE or impatient or not has_reference:
        return solution
    other = tried or _by_cones(problem, start, options)
    best = solution if other is None else _better(problem, solution, other, options)
    left = options.after(solution.n_iter)
    if best.status in _DONE or solution.status != "max_iter" or left.max_iter == 0:
        return best
    return _better(problem, best, _fast(problem, name, left, best.theta), options)


def _by_cones(problem, start, options):
    try:
        return REGISTRY[_CONES](problem, start, options)
    except RuntimeError:
        return None


def _pick(problem):
    # each pair of outputs costs a Gram matrix, and one of stacked copies many
    many = problem.n_copies > 1 and problem.n_outputs > 1
    kinked = _MAX_KINKED if _has_many_kinks(problem) else _MAX_EXPLICIT
    limit = _MAX_STACKED if many else kinked
    return "newton" if problem.size <= limit else "lbfgs"


def _fast(problem, name, options, start):
    """Solve a smooth problem directly; if that fails, or it is not, by smoothing."""
    smooth_solver = REGISTRY[name]
    if problem.penalty.has_kinks:
        return solve_with_kinks(smooth_solver, problem, start, options)
    if problem.is_smooth:
        solution = smooth_solver(problem, start, options)
    elif _is_minimax(problem) and name == "newton":
        try:
            solution = REGISTRY[_MINIMAX](problem, start, options)
        except RuntimeError:  # of a worst case; smoothed ones are easier
            return solve_with_kinks(smooth_solver, problem, start, options)
    elif _fits_itself(problem) and name == "newton":
        solution = solve_interior(problem, start, options)
    else:
        return solve_with_kinks(smooth_solver, problem, start, options)
    # a kink of the risk, such as equal losses, is what stops them
    left = options.after(solution.n_iter)
    if solution.status in _DONE or left.max_iter == 0:
        return solution
    other = solve_with_kinks(smooth_solver, problem, solution.theta, left)
    return _better(problem, solution, other, options)


def _better(problem, one, other, options):
    """Return the lower solution, with all iterations.

    If the other one is certified its weights certify the lower one as well, unless
    there is no penalty and so no dual value. A certified constant is preferred.
    """
    n_iter = one.n_iter + other.n_iter
    certified = min(one, other, key=lambda s: s.gap)
    best = min(one, other, key=lambda s: s.objective)
    if certified.gap > options.tol or best is certified:
        return replace(best, n_iter=n_iter)
    constant, other = (not problem.split(s.theta)[0].any() for s in (certified, best))
    if problem.penalty.alpha == 0 or (constant and not other):
        return replace(certified, n_iter=n_iter)
    return replace(certified.moved(best.theta, best.objective), n_iter=n_iter)


def _fits_itself(problem):
    """Return whether the risk can fit the model; one term has only its own weight."""
    return problem.risk.has_minimise and problem.loss.is_smooth and problem.n_terms > 1


def _is_minimax(problem):
    return problem.risk.is_maximum and problem.loss.is_smooth
