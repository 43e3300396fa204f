"""The words everyone speaks: parameters, space, objective, candidate, measurement, units, clock, errors, ids."""
