"""Guarantees for fitted models on held-out data."""

from ._certificate import RiskCertificate, risk_certificate

__all__ = ["RiskCertificate", "risk_certificate"]
