"""Tags that are imitated: the regression, its folds, and the network that holds it."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx

from head import embed, folds, imitate, knowledge, single_network
from head.augment import Copy
from head.embed import Column
from head.tests.test_data import clip
from pipeline import model_folder
from pipeline.networks import Network


class Regression(unittest.TestCase):
    def test_a_linear_relation_is_found_but_for_the_shrinkage(self) -> None:
        rng = np.random.default_rng(1)
        x = 5 + 3 * rng.standard_normal((4000, 6))
        y = x @ rng.standard_normal((6, 3)) + 7
        wrong = imitate.fit(x, y).logits(x) - y
        self.assertLess(np.abs(wrong).max(), 0.05 * y.std())
        np.testing.assert_allclose(wrong.mean(axis=0), 0, atol=1e-9)

    def test_a_feature_that_hardly_varies_gets_no_weight_of_note(self) -> None:
        rng = np.random.default_rng(2)
        x = rng.standard_normal((500, 2)) * (1.0, 1e-7)
        y = x[:, 1:] * 1e7
        self.assertLess(np.abs(imitate.fit(x, y).weights[1]).max(), 1e5)


class Folds(unittest.TestCase):
    COLUMNS = [Column("msd", "tag", "rock"), Column("msd", "embedding"), Column("mtt", "tag", "opera"),
               Column("mtt", "embedding")]

    def test_the_lesson_is_the_tags_of_other_networks(self) -> None:
        lesson = imitate.Lesson.of(self.COLUMNS, "msd")
        self.assertEqual((lesson.own.tolist(), lesson.tags.tolist(), lesson.names),
                         ([0, 1], [2], ["mtt:opera"]))

    def test_no_recording_sees_its_own_fold(self) -> None:
        lesson = imitate.Lesson.of(self.COLUMNS, "msd")
        rng = np.random.default_rng(3)
        teacher = {name: rng.standard_normal((4, 4)) for name in "abcd"}
        student = {name: rng.standard_normal((3, 3)) for name in "abcd"}
        columns = [self.COLUMNS[0], Column("msd", "tag", "mtt:opera"), self.COLUMNS[1]]
        of = {"a": {0}, "b": {1}, "c": {0, 1}, "d": set()}
        result = imitate.cross_fitted(lesson, teacher, student, columns, of)
        for name, others in (("a", "bd"), ("b", "ad"), ("c", "d"), ("d", "abcd")):
            alone = lesson.fit([teacher[other] for other in others])
            np.testing.assert_array_equal(result[name][:, [0, 2]], student[name][:, [0, 2]])
            np.testing.assert_allclose(result[name][:, [1]],
                                       alone.logits(student[name][:, [0, 2]]))

    def test_quality_is_one_where_the_tag_follows_from_the_layers(self) -> None:
        lesson = imitate.Lesson.of(self.COLUMNS, "msd")
        rng = np.random.default_rng(4)
        own = {name: rng.standard_normal((200, 2)) for name in "abcd"}
        teacher = {name: np.c_[x, x.sum(axis=1) if name != "d" else 9 - x.sum(axis=1), x[:, 0]]
                   for name, x in own.items()}
        of = {"a": {0}, "b": {1}, "c": {2}, "d": {0, 1, 2}}
        # The copy "d" would spoil it; it is left out with its parents and not judged.
        self.assertGreater(imitate.quality(lesson, teacher, of, set("abc"))["mtt:opera"], 0.99)

    def test_copies_and_unlabelled_clips_have_the_folds_of_their_sources(self) -> None:
        clips = [clip(genre, f"source {i}") for genre in ("Rock", "Jazz") for i in range(8)]
        nameless = clip("", "source 0", "unlabelled")
        foreign = clip("", "elsewhere", "unlabelled too")
        both = Copy("both", "Rock", "music_bed", (clips[0], clips[9]), 0)
        of = folds.of_recordings([*clips, nameless, foreign], [both])
        self.assertEqual(of[nameless.id], of[clips[0].id])
        self.assertEqual(of["both"], of[clips[0].id] | of[clips[9].id])
        self.assertEqual(of[foreign.id], set())


class Files(unittest.TestCase):
    def test_the_network_gives_the_tags_that_the_regression_gives(self) -> None:
        teacher = embed.Networks.load(model_folder.MODEL_FOLDER)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            single_network.make(teacher.folder, folder, ["msd"])
            student = embed.Networks.load(folder)
            lesson = imitate.Lesson.of(teacher.columns, imitate.student_name(student))
            rng = np.random.default_rng(5)
            recordings = [rng.standard_normal((900, len(teacher.columns)))]
            model = lesson.fit(recordings)
            imitate.write(lesson, model, teacher, student)
            extended = embed.Networks.load(folder)
            patch = rng.uniform(0, 3, (1, 187, 96)).astype(np.float32)
            before = np.concatenate(Network.of_model(
                teacher.folder, teacher.manifest["networks"][0]).run(patch), axis=1)
            entry = extended.manifest["networks"][0]
            after = np.concatenate(Network.of_model(folder, entry).run(patch), axis=1)
            imitated = np.array([column.imitated for column in extended.columns])
            np.testing.assert_allclose(after[:, ~imitated], before, atol=1e-4)
            np.testing.assert_allclose(after[:, imitated], model.logits(before), atol=2e-3)
            self.assertEqual(extended.manifest["head"]["version"], "untrained")
            head = onnx.load(folder / "head.onnx").graph.input[0].type.tensor_type.shape
            self.assertEqual(head.dim[1].dim_value, len(extended.columns))
            # Written again, nothing changes; and the matrix knows the imitated tags.
            imitate.write(lesson, model, teacher, extended)
            self.assertEqual(embed.Networks.load(folder).fingerprint, extended.fingerprint)
            rows = knowledge.matrix_rows(extended.columns)
            self.assertEqual(np.abs(rows[imitated]).sum(axis=1).astype(bool).sum(),
                             np.abs(knowledge.matrix_rows(teacher.columns)[lesson.tags]).sum(
                                 axis=1).astype(bool).sum())


if __name__ == "__main__":
    unittest.main()
