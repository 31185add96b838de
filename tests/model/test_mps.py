"""The MPS file is the program: read by HiGHS and by GLPK it has the same arrays and the same optimum."""

import shutil
import subprocess
from pathlib import Path

import highspy
import numpy as np
import pyomo.environ as pyo
import pytest
from programs import blocks_model, random_model

from optimizer.errors import OutputError
from optimizer.model import highs
from optimizer.model.arrays import Program, compile_program
from optimizer.model.mps import safe_names, write_mps
from optimizer.model.outcome import SolveOptions, Status


def awkward_model() -> pyo.ConcreteModel:
    """Every kind of bound and row, and names that no MPS reader takes as they are."""
    model = pyo.ConcreteModel()
    hostile = ["a b", "a\nENDATA", "=1+1", "日本", "a_b", "$x", "1"]
    model.named = pyo.Var(hostile, bounds=(0, 1))
    model.free = pyo.Var()
    model.below = pyo.Var(bounds=(None, -1.5))
    model.above = pyo.Var(bounds=(2.5, None))
    model.boxed = pyo.Var(bounds=(-3.25, 8.125))
    model.pinned = pyo.Var(bounds=(0.1, 0.1))
    model.whole = pyo.Var(domain=pyo.Integers)
    model.count = pyo.Var(domain=pyo.NonNegativeIntegers)
    model.few = pyo.Var(domain=pyo.Integers, bounds=(-4, 7))
    model.yes = pyo.Var(domain=pyo.Binary)
    everything = sum(variable for variable in model.component_data_objects(pyo.Var))
    model.range = pyo.Constraint(expr=(-2.0, everything, 1e6 / 3))
    model.equal = pyo.Constraint(expr=model.free + model.whole - model.few == 0.1)
    model.low = pyo.Constraint(expr=model.free + model.below >= -7)
    model.zero = pyo.Constraint(expr=model.boxed + model.count >= 0)
    model.high = pyo.Constraint(expr=-model.whole + model.count <= 3)
    weights = (3.5, 1.25, 2.0, 0.75, 1.5, 5.0)
    terms = (model.free, model.above, model.boxed, model.count, model.few, model.yes)
    model.cost = pyo.Objective(expr=1 / 3 + sum(w * term for w, term in zip(weights, terms, strict=True)))
    return model


def read_back(path: Path) -> highspy.Highs:
    highs.version()
    reader = highspy.Highs()
    reader.setOptionValue("output_flag", False)
    assert reader.readModel(str(path)) == highspy.HighsStatus.kOk
    return reader


def assert_same(program: Program, reader: highspy.Highs) -> None:
    lp = reader.getLp()
    if program.cost_offset:
        constant = reader.getColByName("constant_cost")[1]
        assert constant == program.num_columns
        assert (lp.col_cost_[constant], lp.col_lower_[constant], lp.col_upper_[constant]) == (program.cost_offset, 1, 1)
        reader.changeObjectiveOffset(program.cost_offset)
        reader.deleteCols(1, np.array([constant], dtype=np.int32))
        lp = reader.getLp()
    assert (lp.num_col_, lp.num_row_) == (program.num_columns, program.num_rows)
    assert np.array_equal(lp.col_cost_, program.costs)
    assert np.array_equal(lp.col_lower_, program.col_lower)
    assert np.array_equal(lp.col_upper_, program.col_upper)
    assert np.array_equal(lp.row_lower_, program.row_lower)
    assert np.allclose(lp.row_upper_, program.row_upper, rtol=1e-15, atol=0)
    kinds = [kind == highspy.HighsVarType.kInteger for kind in lp.integrality_] or [False] * program.num_columns
    assert kinds == program.integrality.tolist()
    matrix = np.zeros((lp.num_row_, lp.num_col_))
    start, index, value = lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_
    for column in range(lp.num_col_):
        matrix[index[start[column] : start[column + 1]], column] = value[start[column] : start[column + 1]]
    assert np.array_equal(matrix, program.matrix.toarray())


@pytest.mark.parametrize("make", [awkward_model, blocks_model, *(lambda s=s: random_model(s) for s in range(6))])
def test_highs_reads_back_the_same_program(make, tmp_path: Path) -> None:
    """Proves: every bound, side, coefficient and the constant survive, to the last bit.

    A broken rule would give: an integer of at most 1 (the default of MPS where no upper bound is written), a column of
    at least 0 with an upper bound below 0, or an optimum without the constant.
    """
    program = compile_program(make())
    path = tmp_path / "program.mps"
    write_mps(program, path)
    reader = read_back(path)
    reader.run()
    outcome = highs.solve(program, SolveOptions(gap=0.0, threads=1))
    assert outcome.status is Status.OPTIMAL
    assert reader.getInfo().objective_function_value == pytest.approx(outcome.objective, rel=1e-6)
    assert_same(program, reader)


def test_names_stay_readable_and_cannot_break_the_file(tmp_path: Path) -> None:
    program = compile_program(awkward_model())
    path = tmp_path / "program.mps"
    write_mps(program, path)
    text = path.read_text(encoding="ascii")
    assert [line for line in text.splitlines() if line.startswith("ENDATA")] == ["ENDATA"]
    assert text.endswith("\nENDATA\n")
    reader = read_back(path)
    written = {name: reader.getColName(j)[1] for j, name in enumerate(program.column_names)}
    assert written == {
        "named[a b]": "named(a_b)",
        "named['a\\nENDATA']": "named(_a_nENDATA_)",
        "named[=1+1]": "named(_1_1)",
        "named[日本]": "named(__)",
        "named[a_b]": "named(a_b)_2",
        "named[$x]": "named(_x)",
        "named['1']": "named(_1_)",
        **{name: name for name in program.column_names if not name.startswith("named")},
    }


def test_safe_names_are_unique_and_start_with_a_letter() -> None:
    names = safe_names(["cost", "x", "x", "x_2", "1", "", "é", "y" * 300, "y" * 300], taken=("cost",))
    assert names[:7] == ["cost_2", "x", "x_2", "x_2_2", "x_1", "x_", "x__"]
    assert len(set(names)) == len(names)
    assert len(names[7]) == 200


def test_the_old_file_stays_if_the_new_one_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "program.mps"
    path.write_text("old")
    program = compile_program(blocks_model())
    monkeypatch.setattr("optimizer.model.mps._bound_lines", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OutputError):
        write_mps(program, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(shutil.which("glpsol") is None, reason="GLPK (glpsol) is not installed")
def test_glpk_finds_the_same_optimum(tmp_path: Path) -> None:
    """Proves: the file is neutral. A broken rule would give: an optimum off by 2/3, twice the constant."""
    program = compile_program(awkward_model())
    path, answer = tmp_path / "program.mps", tmp_path / "answer.txt"
    write_mps(program, path)
    subprocess.run(["glpsol", "--freemps", str(path), "-w", str(answer)], check=True, capture_output=True)
    solution = next(line for line in answer.read_text().splitlines() if line.startswith("s "))
    outcome = highs.solve(program, SolveOptions(gap=0.0, threads=1))
    assert float(solution.split()[-1]) == pytest.approx(outcome.objective, rel=1e-9)
