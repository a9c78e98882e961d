"""numpydoc validation of what users see."""

import inspect
from dataclasses import is_dataclass
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc
from numpydoc.validate import validate
from test_reference import WIDTHS, make_problem

import skmmdro
from skmmdro import ambiguity, losses, solvers

PUBLIC = ["compose", "datasets", "ambiguity", "losses", "linear"]
PUBLIC += ["kernel", "certificates", "radius", "robustness", "displays"]
# SA01, ES01: See Also and an extended summary where there is something to say.
# RT02: returned values are named, as in scikit-learn. RT03: their names often say it.
# PR08, RT04, SS05: a description may begin with a symbol, "Names" is taken for a verb.
IGNORED = {"SA01", "ES01", "RT02", "RT03", "RT04", "PR08", "SS05"}
# Methods are shown by the example of their class.
IGNORED_IN_METHODS = {*IGNORED, "EX01"}
# What implements a contract is documented in its base class.
CONTRACTS = (skmmdro.ambiguity.AmbiguitySet, skmmdro.losses.Loss)
ABSTRACT = {"AmbiguitySet", "Loss", "MarginLoss", "ResidualLoss"}
FOR_DEVELOPERS = ("skmmdro.ambiguity", "skmmdro.losses")


def public_objects():
    """Return {full name: object} of all exported classes and functions."""
    found = {}
    for name in ["", *(m.name for m in iter_modules(skmmdro.__path__))]:
        if name and name not in PUBLIC:
            continue
        module = import_module(f"skmmdro.{name}" if name else "skmmdro")
        for key in getattr(module, "__all__", []):
            thing = getattr(module, key)
            internal = thing_is_internal(thing)
            if not internal and (inspect.isclass(thing) or inspect.isfunction(thing)):
                found[f"{thing.__module__}.{thing.__qualname__}"] = thing
    return found


def thing_is_internal(thing):
    """Whether it is a part of the optimisation rather than a set or a loss."""
    in_package = getattr(thing, "__module__", "").startswith(FOR_DEVELOPERS)
    return inspect.isclass(thing) and in_package and not issubclass(thing, CONTRACTS)


def public_methods():
    """Return the full names of methods that our classes define."""
    for name, thing in public_objects().items():
        if not inspect.isclass(thing) or issubclass(thing, CONTRACTS):
            continue
        parts = [base for base in thing.__mro__ if "_estimator" in base.__module__]
        for key in {key for base in (thing, *parts) for key in vars(base)}:
            public = not key.startswith("_") and not key.endswith("_request")
            if public and callable(getattr(thing, key)):
                yield f"{name}.{key}"


def errors(name, ignored):
    result = validate(name)
    if "\n" not in result["docstring"].strip():  # "Return ..." in one line is enough
        ignored = ignored | {"RT01"}
    return [error for error in result["errors"] if error[0] not in ignored]


@pytest.mark.parametrize("name, thing", sorted(public_objects().items()))
def test_classes_and_functions(name, thing):
    ignored = set(IGNORED)
    if is_dataclass(thing):  # a result: it has attributes and is not made by users
        ignored |= {"PR01", "EX01"}
    if thing.__name__ in ABSTRACT:
        ignored |= {"EX01"}
    assert not errors(name, ignored)


@pytest.mark.parametrize("name", sorted(public_methods()))
def test_methods(name):
    assert not errors(name, IGNORED_IN_METHODS)


@pytest.mark.parametrize(
    "name", sorted(n for n, o in public_objects().items() if hasattr(o, "get_params"))
)
def test_every_parameter_and_nothing_else_is_constrained(name):
    """scikit-learn checks only what has a constraint."""
    thing = public_objects()[name]
    parameters = set(inspect.signature(thing).parameters)
    assert set(thing._parameter_constraints) == parameters


def test_contracts_are_documented():
    kinds = [set_ for set_ in CONTRACTS[0].__subclasses__() if "bind" in vars(set_)]
    kinds = [kind for kind in kinds if kind.__module__ == "skmmdro.ambiguity._base"]
    assert kinds
    for base in [*kinds, skmmdro.losses.Loss]:
        assert not errors(f"{base.__module__}.{base.__name__}.bind", IGNORED_IN_METHODS)


def test_the_validator_sees_errors():
    assert errors("skmmdro.problem._problem.RobustProblem.gap", IGNORED_IN_METHODS)


ESTIMATORS = [
    skmmdro.DROClassifier,
    skmmdro.DRORegressor,
    skmmdro.KernelDROClassifier,
    skmmdro.KernelDRORegressor,
]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS)


@every_estimator
def test_estimators_list_all_that_is_registered(estimator):
    """Aliases of sets, of the losses of the task, and of solvers."""
    described = {
        p.name: f"{p.type} {p.desc}" for p in ClassDoc(estimator)["Parameters"]
    }
    task = estimator._task
    registered = {
        "ambiguity": ambiguity.REGISTRY,
        "loss": [a for a, loss in losses.REGISTRY.items() if loss.task == task],
        "solver": solvers.REGISTRY,
    }
    for parameter, aliases in registered.items():
        lacking = [a for a in aliases if f'"{a}"' not in described[parameter]]
        assert not lacking, f"{parameter} does not mention {lacking}"


@pytest.mark.filterwarnings("ignore:The ambiguity set is so large:UserWarning")
@every_estimator
def test_estimators_describe_all_fitted_attributes(estimator):
    """Under every set, alone and together with those of other kinds."""
    pd = pytest.importorskip("pandas")
    described = {p.name for p in ClassDoc(estimator)["Attributes"]}
    n_classes = 2 if estimator._task == "classification" else 0
    X, y, _ = make_problem(np.random.default_rng(0), n_classes, 40)
    names = [f"m{k}__{j}" for k, width in enumerate(WIDTHS) for j in range(width)]
    loss = "log_loss" if n_classes else "huber"
    found = set()
    for which in [*ambiguity.REGISTRY, ["chi2", "domains", "modality_loss"]]:
        model = estimator(which, loss=loss, alpha=0.1, tol=1e-3)
        model.fit(pd.DataFrame(X, columns=names), y, domains=np.arange(40) % 2)
        found |= {k for k in vars(model) if k.endswith("_") and not k.startswith("_")}
    assert found == described
