"""Loading the data; least squares; and theory against training on it."""

import numpy as np
import pytest
from eigenstep.reports import dataset
from eigenstep.reports.experiments.airfoil import (
    DataError,
    LeastSquares,
    load_airfoil,
    load_regression,
)
from eigenstep.reports.experiments.regression import identify, run_all


def test_named_file_must_exist_and_be_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("EIGENSTEP_DATA", str(tmp_path / "no.dat"))
    with pytest.raises(DataError, match="no such file"):
        load_airfoil()
    (tmp_path / dataset.FILE_NAME).write_bytes(b"1 2 3")
    monkeypatch.setenv("EIGENSTEP_DATA", str(tmp_path))
    with pytest.raises(DataError, match="damaged"):
        load_airfoil()


def test_without_data_the_stand_in_is_used_and_named(tmp_path, monkeypatch):
    monkeypatch.setenv("EIGENSTEP_DATA", "")
    monkeypatch.setattr(dataset, "cache_folder", lambda: tmp_path)
    with pytest.raises(DataError, match="eigenstep data"):
        load_airfoil()
    assert load_regression().name == "diabetes (scikit-learn)"


def test_airfoil_is_the_lecture_s(airfoil):
    assert airfoil.X.shape == (1500, 6)
    assert airfoil.loss(np.zeros(6)) == pytest.approx(0.5, abs=0.01)
    assert airfoil.loss(airfoil.minimizer) == pytest.approx(0.2417, abs=1e-4)
    assert airfoil.L / airfoil.mu == pytest.approx(12.082, abs=1e-3)
    gradient = airfoil.hessian @ airfoil.minimizer - airfoil.X.T @ airfoil.y / 1500
    assert np.abs(gradient).max() < 1e-14  # sums of 1500 products of size 1 in float64


def check_runs(problem):
    for run in run_all(problem, steps=400):
        assert run.difference < 1e-6, run.setting
        assert run.converges == (run.predicted < 1)
        assert (run.predicted < 1) == ("1.01" not in run.setting)


def test_predicted_and_measured_rates_agree_on_the_airfoil_data(airfoil):
    check_runs(airfoil)


def test_predicted_and_measured_rates_agree_on_made_data():
    rng = np.random.default_rng(3)
    X = np.column_stack([rng.standard_normal((200, 4)) * [1, 2, 0.5, 1.5], np.ones(200)])
    check_runs(LeastSquares(X, rng.standard_normal(200), "made"))


def test_identify_recovers_rates():
    t = np.arange(60)
    errors = np.column_stack([0.9**t, 2 * 0.8**t * np.cos(0.7 * t)])
    assert identify(errors, 2, np.ones(60)) == pytest.approx(0.9, abs=1e-12)
    assert identify(errors[:, 1:], 2, np.ones(60)) == pytest.approx(0.8, abs=1e-12)
    assert identify(1.3 ** t[:, None], 1, 1.3**t) == pytest.approx(1.3, abs=1e-12)
