"""Which layers of the networks a head takes, and the folders that hold networks and heads."""

import contextlib
import io
import json
import tempfile
import unittest
from dataclasses import asdict, replace
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import onnxruntime

from handwritten import build_head
from handwritten.matrix import Statistics, TagMatrix
from head import card, embed, export, single_network
from head.baselines import Bag, Mlp
from head.candidates import Family, Map, Mixed, Setting
from head.embed import Column
from head.evaluate import GRID, MIDDLE, Data, lines_of_table, of_network
from head.samples import Samples
from head.tests.test_data import clip
from pipeline import model_folder, recording
from pipeline.features import NETWORKS
from pipeline.genres import GENRES
from pipeline.networks import Network

MODELS = model_folder.MODEL_FOLDER.parent
TAGS = TagMatrix.load().tags("msd")
COLUMNS = ([embed.Column("msd", "tag", tag) for tag in TAGS]
           + [embed.Column("msd", "embedding")] * 20 + [embed.Column("msd", "pooled")] * 40)
LAYERS = np.array([column.layer for column in COLUMNS])


def some_samples(blocks: int = 1) -> Samples:
    """320 originals of 16 genres from four sources, and as many degraded copies."""
    rng = np.random.default_rng(4)
    y = np.arange(640) % 16
    x = rng.standard_normal((640, blocks * len(COLUMNS)))
    x += rng.standard_normal((16, x.shape[1]))[y]
    x[:, LAYERS.size - 1] = 7.0  # a channel that is off
    parents = [(clip(GENRES[c], f"source {i // 16 % 4}", f"{i % 320}"),) for i, c in enumerate(y)]
    return Samples(10 + 3 * x, y, np.repeat(["original", "degraded"], 320), parents)


class Layers(unittest.TestCase):
    def setUp(self) -> None:
        self.samples = some_samples()

    def fit(self, columns=COLUMNS, samples=None, **changes):
        return Map(Setting(**changes), columns).fit(samples or self.samples)

    def test_other_layers_get_weight_zero_and_change_nothing(self) -> None:
        model = self.fit(layers=("tag", "pooled"))
        self.assertEqual(model.weights.shape, (len(COLUMNS), 16))
        self.assertTrue((model.weights[LAYERS == "embedding"] == 0).all())
        self.assertGreater(np.abs(model.weights[LAYERS == "pooled"]).max(), 0)
        there = LAYERS != "embedding"
        alone = self.fit([c for c in COLUMNS if c.layer != "embedding"], self.samples.take(there))
        np.testing.assert_array_equal(model.weights[there], alone.weights)
        np.testing.assert_array_equal(model.bias, alone.bias)

    def test_a_channel_that_is_off_gets_no_weight(self) -> None:
        np.testing.assert_allclose(self.fit().weights[-1], 0, atol=1e-9)

    def test_the_recording_speaks_for_or_against_old_time_alone(self) -> None:
        columns = [*COLUMNS[:-2], Column("recording", "recording", "bass"), COLUMNS[-1]]
        weights = self.fit(columns, matrix=False, unnamed=1.0).weights[-2]
        old = GENRES.index("Old-Time / Historic")
        self.assertGreater(abs(weights[old]), 1e-2)
        self.assertLess(np.abs(np.delete(weights, old)).max(), 1e-3)

    def test_with_scale_1_all_layers_are_pulled_alike(self) -> None:
        both = self.fit(layers=("tag", "pooled"), layer_scale=1.0)
        named_otherwise = [replace(c, layer="embedding") if c.layer == "pooled" else
                           replace(c, layer="pooled") if c.layer == "embedding" else c
                           for c in COLUMNS]
        same = self.fit(named_otherwise, layers=("tag", "embedding"), layer_scale=1.0)
        np.testing.assert_array_equal(both.weights, same.weights)

    def test_the_scale_divides_the_pull_by_its_square(self) -> None:
        # Without tags and matrix, only pull and scale stand against each other.
        options = dict(layers=("pooled",), matrix=False, unnamed=1.0)
        scaled = self.fit(pull=0.5, layer_scale=0.5, **options)
        plain = self.fit(pull=2.0, layer_scale=1.0, **options)
        np.testing.assert_allclose(scaled.logits(self.samples.x), plain.logits(self.samples.x),
                                   atol=2e-3)

    def test_a_small_scale_leaves_the_tags_alone(self) -> None:
        tags = self.fit(layers=("tag",))
        nearly = self.fit(layers=("tag", "pooled"), layer_scale=1e-4)
        np.testing.assert_allclose(nearly.logits(self.samples.x), tags.logits(self.samples.x),
                                   atol=1e-3)

    def test_every_block_of_a_wider_pooling_is_chosen_alike(self) -> None:
        model = self.fit(samples=some_samples(3), pooling=("mean", "max", "std"))
        unused = np.tile(LAYERS == "embedding", 3)
        self.assertTrue((model.weights[unused] == 0).all())
        self.assertTrue((np.abs(model.weights[~unused]).max(axis=1) > 0).sum() > 260)

    def test_baselines_take_the_same_layers(self) -> None:
        shifted = self.samples.x.copy()
        shifted[:, LAYERS == "embedding"] += 100.0
        for candidate in (Bag(Map(Setting(), COLUMNS), 1, 2), Mlp(Map(Setting(), COLUMNS), 1)):
            model = candidate.fit(self.samples)
            np.testing.assert_allclose(model.logits(shifted), model.logits(self.samples.x))

    def test_lines_of_the_table_have_a_head_each(self) -> None:
        data = Data([], COLUMNS, self.samples, some_samples(3), None)
        names = []
        for lines in lines_of_table(data, seed=1):
            names += lines.names
            with self.subTest(lines.names):
                heads = lines.family.fit(lines.samples)
                self.assertEqual(len(heads), len(lines.names))
                for head in heads:
                    self.assertEqual(head.logits(lines.samples.x[:3]).shape, (3, 16))
        self.assertEqual(len(names), len(set(names)))

    def test_a_family_holds_what_its_settings_would_make_alone(self) -> None:
        self.assertEqual(len(GRID), len(set(GRID)))
        families = Family.of(GRID, COLUMNS)
        self.assertEqual([s for family in families for s in family.settings], GRID)
        self.assertLess(len(families), len(GRID))
        for setting, head in zip(families[0].settings, families[0].fit(self.samples)):
            alone = Mixed(setting, COLUMNS).fit(self.samples)
            np.testing.assert_array_equal(head.logits(self.samples.x),
                                          alone.logits(self.samples.x))

    def test_an_embedding_stands_in_for_a_pooled_layer_that_is_not_there(self) -> None:
        columns = [Column("yamnet", "tag", "Music"), Column("yamnet", "tag", "Dog"),
                   Column("yamnet", "embedding"), Column("msd", "tag", "rock"),
                   Column("msd", "embedding"), Column("msd", "pooled")]
        def takes(*layers: str) -> list[bool]:
            return Setting(layers=layers).takes(columns).tolist()

        # The matrix has no row for Dog.
        self.assertEqual(takes("tag", "pooled"), [True, False, True, True, False, True])
        self.assertEqual(takes("tag", "embedding"), [True, False, True, True, True, False])
        self.assertEqual(takes("tag"), [True, False, False, True, False, False])

    def test_one_network_alone_keeps_its_layers(self) -> None:
        other = [replace(column, network="mtt") for column in COLUMNS[50:]]
        wide = self.samples.with_features(
            np.concatenate([self.samples.x, self.samples.x[:, 50:]], axis=1))
        columns, samples = of_network(Data([], COLUMNS + other, wide, wide, None), "msd")
        self.assertEqual(columns, COLUMNS)
        np.testing.assert_array_equal(samples.x, self.samples.x)

    def test_a_setting_survives_json_and_an_old_one_is_refused(self) -> None:
        setting = replace(MIDDLE, layers=("tag", "embedding"), layer_scale=0.7)
        values = json.loads(json.dumps(asdict(setting)))
        self.assertEqual(Setting.from_json(values), setting)
        del values["layers"]
        with self.assertRaisesRegex(SystemExit, "layers"):
            Setting.from_json(values)

    def test_the_card_shows_layers_and_configurations(self) -> None:
        report = {"shipped": {"setting": asdict(MIDDLE), "temperature": 1.0, "floor": 0.002},
                  "head_version": "map-0", "networks": "musicnn-msd", "seed": 1,
                  "rows": {"original": 1}, "configurations": 40}
        text = card.shipped(report)
        self.assertIn("| tags, pooled channels, of YAMNet the embedding, features of the recording |", text)
        self.assertIn("| 40 |", text)

    def test_tables_reach_a_new_document_and_never_change_a_written_one(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            new = Path(scratch) / "folder" / "new.md"
            for text in ("old", "first"):
                card.replace_block(new, "classes", text)
            card.replace_block(new, "data", "second")
            document = new.read_text()
            self.assertEqual(document.count("## classes"), 1)
            self.assertIn("<!-- classes:begin -->\nfirst\n<!-- classes:end -->", document)
            self.assertIn("<!-- data:begin -->\nsecond\n<!-- data:end -->", document)
            written = Path(scratch) / "written.md"
            written.write_text("prose\n")
            with contextlib.redirect_stdout(io.StringIO()) as said:
                card.replace_block(written, "classes", "first")
            self.assertEqual(written.read_text(), "prose\n")
            self.assertIn("no markers classes", said.getvalue())


class Folders(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.out = Path(scratch.name) / "model"

    def test_columns_follow_the_outputs_of_the_networks(self) -> None:
        for name in ("compact", "full"):
            networks = embed.Networks.load(MODELS / name)
            frames = networks.manifest["patch"]["frames"]
            patch = {"musicnn": (1, frames, 96), "yamnet": (1, 1, 96, 64)}
            width = sum(values.shape[1] for entry in networks.manifest["networks"]
                        for values in Network.of_model(MODELS / name, entry | {"windows": 1}).run(
                            np.zeros(patch[entry["front_end"]], np.float32)))
            self.assertEqual(len(networks.columns), width + len(recording.FEATURES))
            self.assertEqual(len(networks.columns), model_folder.features(networks.manifest))
            self.assertEqual(width, sum(map(model_folder.width, networks.manifest["networks"])))
        self.assertEqual([networks.columns[i] for i in (0, 50, 250, 762, 2031, 2032, -1)],
                         [Column("msd", "tag", "rock"), Column("msd", "embedding"),
                          Column("msd", "pooled"), Column("mtt", "tag", "guitar"),
                          Column("mtt", "pooled"), Column("yamnet", "tag", "Speech"),
                          Column("recording", "recording", "crackle")])

    def test_a_network_without_pooled_layer_has_size_0(self) -> None:
        model = onnx.load(MODELS / "full" / "msd_musicnn.onnx")
        del model.graph.output[2]
        self.out.mkdir()
        onnx.save(model, self.out / "old.onnx")
        entry = model_folder.network_entry("msd", self.out / "old.onnx", TAGS)
        self.assertEqual((entry["embedding"], entry["pooled"]), (200, 0))
        parts = Network.of_model(self.out, entry).run(np.zeros((2, 187, 96), np.float32))
        self.assertEqual([part.shape for part in parts], [(2, 50), (2, 200)])

    def head(self, features: np.ndarray) -> np.ndarray:
        session = onnxruntime.InferenceSession(self.out / "head.onnx")
        return session.run(["logits"], {"features": features[None].astype(np.float32)})[0][0]

    def test_single_network_makes_a_folder_that_can_be_trained(self) -> None:
        arguments = ["single_network", str(MODELS / "full"), str(self.out), "mtt"]
        with mock.patch("sys.argv", arguments), contextlib.redirect_stdout(io.StringIO()):
            single_network.main()
        networks = embed.Networks.load(self.out)
        self.assertEqual([n["name"] for n in networks.manifest["networks"]], ["mtt"])
        self.assertEqual(len(networks.columns), 50 + 200 + 1020 + len(recording.FEATURES))
        self.assertTrue((self.out / "mtt_musicnn.onnx").is_file())
        self.assertTrue((self.out / "LICENSE-musicnn.txt").is_file())
        np.testing.assert_array_equal(self.head(np.ones(len(networks.columns))), np.zeros(16))

    def test_an_exported_head_has_zeros_for_the_other_layers(self) -> None:
        networks = embed.Networks.load(MODELS / "compact")
        rng = np.random.default_rng(0)
        x = rng.standard_normal((64, len(networks.columns)))
        rows = Samples(x, np.arange(64) % 16, np.repeat(["original"], 64),
                       [(clip(GENRES[i % 16], f"s{i // 16}"),) for i in range(64)])
        linear = Map(Setting(), networks.columns).fit(rows)
        export.export(linear, networks, self.out, pooling=("mean",), temperature=1.0, floor=0.002)
        np.testing.assert_allclose(self.head(x[0]), linear.logits(x[:1])[0], atol=1e-4)
        changed = x[0].copy()
        changed[~Setting().takes(networks.columns)] = 100.0
        np.testing.assert_array_equal(self.head(changed), self.head(x[0]))

    def test_the_hand_written_head_gets_a_folder_of_its_own(self) -> None:
        before = (MODELS / "full" / "model.json").read_bytes()
        build_head.build(self.out)
        self.assertEqual((MODELS / "full" / "model.json").read_bytes(), before)
        networks = embed.Networks.load(self.out)
        self.assertEqual(networks.manifest["head"]["version"], build_head.HEAD_VERSION)
        self.assertTrue((self.out / "LICENSE-musicnn.txt").is_file())
        matrix = TagMatrix.load(NETWORKS)
        statistics = Statistics.load(matrix)
        features = np.random.default_rng(1).standard_normal(len(networks.columns))
        tags = features[[column.layer == "tag" for column in networks.columns]]
        scores = (tags - statistics.mean) / statistics.deviation @ matrix.weights
        np.testing.assert_allclose(self.head(features), scores / statistics.score_deviation,
                                   rtol=1e-3, atol=1e-3)


if __name__ == "__main__":
    unittest.main()
