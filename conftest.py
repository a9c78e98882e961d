"""Settings that must be in place before numpy and scikit-learn are imported."""

import os

# without it scikit-learn skips check_array_api_input
os.environ.setdefault("SCIPY_ARRAY_API", "1")
# the problems of the tests are small, and test processes share the cores
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

collect_ignore = ["docs/conf.py"]  # sphinx runs it
