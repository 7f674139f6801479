"""Typed expressions with one thing changed."""

from eigenstep.proofs.trials.changes import changed


def test_one_place_at_a_time():
    assert set(changed("beta*v/t")) == {
        "-(beta*v/t)", "2*(beta*v/t)", "(beta*v/t) + 1/7",
        "beta * v", "beta / t", "v / t", "beta * v / (t + 1)", "(1 - beta) * v / t",
    }  # fmt: skip
    assert "a + b" in changed("a - b")


def test_a_number_does_not_take_the_place_of_a_matrix():
    assert "2" not in list(changed("2*I"))
    assert "2" in list(changed("2*v"))
