"""numpydoc validation of what users see."""

import inspect
from importlib import import_module
from pkgutil import iter_modules

import pytest
from numpydoc.validate import validate

import skmmdro

PUBLIC = ["compose", "datasets", "ambiguity", "losses", "linear"]
PUBLIC += ["kernel", "certificates", "radius", "robustness", "displays"]
# SA01, ES01: See Also and an extended summary where there is something to say.
# RT02: returned values are named, as in scikit-learn.
IGNORED = {"SA01", "ES01", "RT02"}
# Methods are shown by the example of their class. What scikit-learn adds, and what
# implements a contract (its base class documents it), is not ours to document again.
IGNORED_IN_METHODS = {*IGNORED, "EX01"}
CONTRACTS = (skmmdro.ambiguity.AmbiguitySet, skmmdro.losses.Loss)
BASES = {"AmbiguitySet", "Loss", "MarginLoss", "ResidualLoss"}


def public_objects():
    """Return {full name: object} of all exported classes and functions."""
    found = {}
    for name in ["", *(m.name for m in iter_modules(skmmdro.__path__))]:
        if name and name not in PUBLIC:
            continue
        module = import_module(f"skmmdro.{name}" if name else "skmmdro")
        for key in getattr(module, "__all__", []):
            thing = getattr(module, key)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                found[f"{thing.__module__}.{thing.__qualname__}"] = thing
    return found


def public_methods():
    """Return the full names of methods that our classes define."""
    for name, thing in public_objects().items():
        if not inspect.isclass(thing) or issubclass(thing, CONTRACTS):
            continue
        ours = [base for base in thing.__mro__ if base.__module__.startswith("skmmdro")]
        for key in {key for base in ours for key in vars(base)}:
            public = not key.startswith("_") and not key.endswith("_request")
            if public and callable(getattr(thing, key)):
                yield f"{name}.{key}"


def errors(name, ignored):
    return [e for e in validate(name)["errors"] if e[0] not in ignored]


@pytest.mark.parametrize("name", sorted(public_objects()))
def test_classes_and_functions(name):
    ignored = IGNORED | {"EX01"} if name.rpartition(".")[2] in BASES else IGNORED
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
