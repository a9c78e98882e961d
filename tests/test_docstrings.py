"""numpydoc validation of what users see."""

import inspect
from dataclasses import is_dataclass
from importlib import import_module
from pkgutil import iter_modules

import pytest
from numpydoc.validate import validate

import skmmdro

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
