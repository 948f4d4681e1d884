"""The changes that verify is asked about: each kind is found where it is, and none in unit tests or texts."""

from __future__ import annotations

from pathlib import Path

from newop_gen.write.regions import Lines

from .changes import KINDS, candidates, chosen

SOURCE = """\
use crate::a;

impl Kelp {
    fn sol(&self, x: f64) -> f64 {
        let passes = if self.kernel == "b" { 2.0 } else { 1.0 };
        "2.0".len() as f64 + passes * 3.5e3 * x
    }

    fn query(&self, batch_size: u32, seq_len: u32) -> f64 {
        let at = [f64::from(batch_size), f64::from(seq_len)];
        let tokens = batch_size.div_ceil(self.seq_split);
        self.look(at, tokens).scaled(self.scale_factor)
    }
}

fn read(row: &Row) -> Key {
    let key = Key { d_model: row.u32(d_model_col)?, n_head: row.u32(n_head_col)? };
    grid.insert_value_first_wins(&at, LeafValue::with_power(latency, power));
    curve.entry(at).or_insert(leaf);
    match op {
        Op::Kelp(o) => o.seq_split,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is() {
        assert_eq!(2.0, if 1 == 1 { 3.0 } else { 4.0 });
    }
}
"""


def found(tmp_path: Path, first: int = 1, last: int = 1000):
    (tmp_path / "kelp.rs").write_text(SOURCE)
    return candidates(tmp_path, [Lines("kelp.rs", first, last, "kelp", "operator")])


def test_each_kind_is_found_and_nothing_of_the_tests(tmp_path) -> None:
    changes = found(tmp_path)
    assert {c.kind for c in changes} == set(KINDS)
    assert all(c.line < SOURCE[: SOURCE.index("#[cfg(test)]")].count("\n") + 1 for c in changes)
    assert [(c.old, c.new) for c in changes if c.kind == "constant"] == [
        (b"2.0", b"4.0"), (b"1.0", b"2.0"), (b"3.5e3", b"7000.0"), (b"1", b"2"),
    ]  # fmt: skip
    [axis] = [c for c in changes if c.kind == "axis"]
    assert axis.new == b"f64::from(seq_len), f64::from(batch_size)"
    [order] = [c for c in changes if c.kind == "key-order"]
    assert order.new == b"row.u32(n_head_col)?, n_head: row.u32(d_model_col)?"
    assert {c.new for c in changes if c.kind == "first-wins"} == {
        b"insert_value", b"curve.entry(at).and_modify(|old| *old = leaf).or_insert(leaf)",
    }  # fmt: skip
    [arm] = [c for c in changes if c.kind == "arm"]
    assert (arm.old, arm.new) == (b"Op::Kelp(o) => o.seq_split,", b"")


def test_only_the_lines_of_the_op_are_changed(tmp_path) -> None:
    assert {c.line for c in found(tmp_path, 5, 5)} == {5}
    assert {c.kind for c in found(tmp_path, 5, 5)} == {"constant", "branch"}


def test_a_change_is_made_and_can_be_taken_back(tmp_path) -> None:
    change = next(c for c in found(tmp_path) if c.kind == "branch")
    before = change.apply(tmp_path)
    assert before.decode() == SOURCE
    assert 'self.kernel != "b"' in (tmp_path / "kelp.rs").read_text()


def test_the_same_are_chosen_for_a_seed(tmp_path) -> None:
    every = found(tmp_path)
    assert chosen(every, 1, 7) == chosen(every, 1, 7)
    assert [c.kind for c in chosen(every, 1, 7)] == list(KINDS)
    assert len(chosen(every, 99, 7)) == len(every)
