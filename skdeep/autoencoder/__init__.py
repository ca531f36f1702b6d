"""Autoencoders: networks that learn short codes of their inputs."""

from skdeep.autoencoder._estimator import Autoencoder

__all__ = ["Autoencoder"]
