"""Settings that must be in place before scikit-learn is imported."""

import os

# without it scikit-learn skips check_array_api_input
os.environ.setdefault("SCIPY_ARRAY_API", "1")
