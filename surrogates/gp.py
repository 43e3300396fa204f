"""The Gaussian process: one for each quantity, with a length scale for each column.

The covariance is Matern-5/2 with the dimension-scaled log-normal length-scale prior of Hvarfner et al. 2024 ("Vanilla
Bayesian Optimization Performs Great in High Dimensions", arXiv 2402.02229), as BoTorch ships it; hyper-parameters are
the maximum a posteriori ones. Outcomes are standardised, and predictions come back in the outcomes' own units.
"""

from __future__ import annotations

from botorch.models.gp_regression import SingleTaskGP
from botorch.models.model import Model
from botorch.models.transforms.outcome import Standardize
from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
from torch import Tensor

from zosimos.surrogates.exact import PerOutcome, fit_map, usable_noise


class GaussianProcess(PerOutcome):
    """An exact Gaussian process for each quantity (a :class:`~zosimos.surrogates.protocol.Surrogate`).

    Where a standard uncertainty above 0 is known for every row of a quantity it is taken as the noise; otherwise the
    noise is learned. A quantity that cannot be fitted keeps the hyper-parameters of the prior, and ``notes`` says so.
    """

    def _fit_outcome(self, X: Tensor, Y: Tensor, Yvar: Tensor) -> tuple[Model, str]:
        noise = usable_noise(Y, Yvar)

        def make() -> SingleTaskGP:
            covariance = get_covar_module_with_dim_scaled_prior(X.shape[-1], use_rbf_kernel=False)
            return SingleTaskGP(X, Y, noise, covar_module=covariance, outcome_transform=Standardize(m=1))

        return fit_map(make, Y)
