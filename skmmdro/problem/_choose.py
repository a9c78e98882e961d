"""Which solver for which problem."""

from ..solvers import REGISTRY, solve_with_kinks

_MAX_EXPLICIT = 700  # unknowns up to which forming and factoring Hessians pays
_MAX_STACKED = 150  # the same for several outputs on stacked copies of the data
_CONES = "cvxpy"


def _is_minimax(problem):
    return (
        problem.risk.is_maximum
        and problem.loss.is_smooth
        and not problem.penalty.has_budgets
    )


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
    if solver == "auto" and problem.cones_only:
        solver = _CONES
    if solver == _CONES:
        return REGISTRY[solver](problem, start, options)
    if problem.cones_only:
        raise ValueError(
            f"solver={solver!r} cannot handle this norm or label cost; use "
            "solver='auto' or 'cvxpy'."
        )
    if solver == "auto":
        # each pair of outputs costs a Gram matrix, and one of stacked copies many
        many = problem.n_copies > 1 and problem.n_outputs > 1
        limit = _MAX_STACKED if many else _MAX_EXPLICIT
        solver = "newton" if problem.size <= limit else "lbfgs"
    smooth_solver = REGISTRY[solver]
    if _is_minimax(problem) and solver == "newton":
        solution = REGISTRY["minimax"](problem, start, options)
        if solution.status in ("optimal", "stopped"):
            return solution
        # such as equal losses in the worst environment
        start, left = solution.theta, options.after(solution.n_iter)
        other = solve_with_kinks(smooth_solver, problem, start, left)
        return min(solution, other, key=lambda s: s.gap)
    if problem.penalty.has_budgets or not problem.is_smooth:
        return solve_with_kinks(smooth_solver, problem, start, options)
    solution = smooth_solver(problem, start, options)
    if solution.status in ("optimal", "stopped"):
        return solution
    # a kink of the risk, such as equal losses, is what stops the smooth solvers
    left = options.after(solution.n_iter)
    if left.max_iter == 0:
        return solution
    other = solve_with_kinks(smooth_solver, problem, solution.theta, left)
    return min(solution, other, key=lambda s: s.gap)
