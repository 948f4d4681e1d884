"""newop-gen: one YAML spec to a working op in an aiconfigurator checkout."""

__version__ = "0.1.0"
