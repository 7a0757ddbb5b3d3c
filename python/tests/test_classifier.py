"""The package says what the program says, whoever asks and however."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy
import psutil
import pytest

import fma_genre
from fma_genre import GENRES, AudioError, Classifier, ModelError, Prediction

from conftest import CLIPS, classified


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier()


def assert_same(prediction: Prediction, row: dict[str, Any]) -> None:
    """To the last digit that JSON lines have."""
    assert prediction.status == row["status"]
    assert prediction.genre == row["genre"]
    assert prediction.remark == row["remark"]
    assert prediction.tag_genre == row["tag_genre"]
    if prediction.seconds is None:
        assert row["seconds"] is None
    else:
        assert round(prediction.seconds, 3) == row["seconds"]
    rounded = {genre: round(p, 8) for genre, p in prediction.probabilities.items()}
    assert rounded == pytest.approx(row["probabilities"], abs=1.1e-8)


def test_examples_and_hostile_files_are_as_the_program_has_them(
    classifier: Classifier, program: Path, hostile: list[Path]
) -> None:
    paths = [*CLIPS, *hostile]
    rows = classified(program, paths)
    for prediction, row in zip(classifier.predict_files(paths), rows):
        assert_same(prediction, row)
    assert {row["status"] for row in rows} >= {"ok", "unusable"}


def test_a_file_its_bytes_and_many_files_give_the_same(classifier: Classifier) -> None:
    for path in CLIPS[:3]:
        one = classifier.predict_file(path)
        other = classifier.predict_bytes(path.read_bytes())
        (many,) = classifier.predict_files([path], jobs=1)
        assert numpy.array_equal(one.array, other.array)
        assert numpy.array_equal(one.array, many.array)
        assert one.array.dtype == numpy.float64 and one.array.shape == (16,)
        assert one.array.sum() == pytest.approx(1)
        assert list(one.probabilities) == list(GENRES)
        assert one.top(1)[0] == (one.genre, max(one.array))


def test_samples_are_as_the_wav_file_that_holds_them(classifier: Classifier, tmp_path: Path) -> None:
    wav = Path(__file__).parents[2] / "tests" / "data" / "formats" / "44k.wav"
    data = wav.read_bytes()
    start = data.index(b"data") + 8
    pcm = numpy.frombuffer(data[start:], dtype="<i2")
    channels = int.from_bytes(data[22:24], "little")
    rate = int.from_bytes(data[24:28], "little")
    samples = (pcm.reshape(-1, channels).T / 32768).astype(numpy.float32)
    of_file = classifier.predict_file(wav)
    of_samples = classifier.predict_samples(samples, rate)
    assert of_samples.array == pytest.approx(of_file.array, abs=1e-6)
    if channels == 1:
        assert numpy.array_equal(classifier.predict_samples(samples[0], rate).array, of_samples.array)


def test_priors_are_those_of_the_program(program: Path, tmp_path: Path) -> None:
    weights = {genre: float(index + 1) for index, genre in enumerate(GENRES)}
    table = tmp_path / "prior.csv"
    table.write_text("genre,weight\n" + "".join(f"{genre},{weight}\n" for genre, weight in weights.items()))
    command = [str(program), "classify", str(CLIPS[0]), "--format", "jsonl", "-q", "--prior", str(table)]
    import json

    row = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert_same(Classifier(prior=weights).predict_file(CLIPS[0]), row)
    uniform = Classifier(prior="uniform").predict_file(CLIPS[0])
    assert not numpy.array_equal(uniform.array, Classifier().predict_file(CLIPS[0]).array)


def test_embeddings_are_those_of_the_program(classifier: Classifier, program: Path, tmp_path: Path) -> None:
    table = tmp_path / "features.npy"
    subprocess.run([program, "embed", CLIPS[0].parent, "-q", "-o", table], check=True)
    expected = numpy.load(table)
    rows = list(classifier.embed_files(CLIPS))
    assert not any(isinstance(row, AudioError) for row in rows)
    actual = numpy.stack([row for row in rows if not isinstance(row, AudioError)])
    assert actual.dtype == numpy.float32
    assert numpy.array_equal(actual, expected)
    assert actual.shape[1] == len(classifier.feature_names())
    patches = classifier.embed_file(CLIPS[0], patches=True)
    assert patches.shape == (5, len(classifier.feature_names(patches=True)))
    assert numpy.array_equal(classifier.embed_bytes(CLIPS[0].read_bytes()), actual[0])


def test_errors_name_the_file_and_the_cause(classifier: Classifier, hostile: list[Path]) -> None:
    empty = hostile[0]
    with pytest.raises(AudioError, match=r"is empty \(0 bytes\)") as caught:
        classifier.predict_file(empty)
    assert caught.value.path == str(empty)
    assert str(caught.value) == f"{empty} is empty (0 bytes)"
    assert pickle.loads(pickle.dumps(caught.value)).cause == caught.value.cause
    with pytest.raises(AudioError, match="the clip "):
        classifier.predict_bytes(b"")
    with pytest.raises(AudioError):
        classifier.embed_file(empty)
    with pytest.raises(AudioError, match="silent"):
        classifier.predict_samples(numpy.zeros(32_000), 16_000)
    (error,) = classifier.embed_files([empty])
    assert isinstance(error, AudioError)
    with pytest.raises(ModelError, match="loud"):
        Classifier(model="loud")
    with pytest.raises(ModelError):
        Classifier(model=empty.parent)
    for prior in ["fmaa", {"Rock": 1.0}, dict.fromkeys(GENRES, -1.0)]:
        with pytest.raises(ValueError):
            Classifier(prior=prior)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("array", "rate"),
    [
        (numpy.zeros((2, 2, 2)), 44_100),
        (numpy.zeros(0), 44_100),
        (numpy.zeros(100, dtype=numpy.int16), 44_100),
        (numpy.full(100, numpy.nan), 44_100),
        (numpy.zeros((44_100, 2)), 44_100),
        (numpy.zeros(100), 0),
    ],
)
def test_samples_of_another_shape_are_refused(classifier: Classifier, array: Any, rate: int) -> None:
    with pytest.raises(ValueError):
        classifier.predict_samples(array, rate)


def test_a_thousand_files_in_eight_threads(classifier: Classifier, short_clip: Path) -> None:
    expected = classifier.predict_file(short_clip).array
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(classifier.predict_file, [short_clip] * 1000))
    assert all(numpy.array_equal(result.array, expected) for result in results)


def test_threads_work_at_the_same_time(classifier: Classifier) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor")
    # More processor time than time: two threads were at work, without the interpreter's lock. Other work
    # on the machine leaves less than two processors, so it is tried several times; with the lock no try succeeds.
    ratios = []
    for _ in range(10):
        start = os.times()
        list(classifier.predict_files(CLIPS * 10, jobs=2))
        end = os.times()
        ratios.append((end.user - start.user) / (end.elapsed - start.elapsed))
        if ratios[-1] > 1.1:
            return
    raise AssertionError(f"processor time by time: {ratios}")


def test_results_come_in_order_and_the_work_ends_with_the_iterator(classifier: Classifier) -> None:
    paths = CLIPS * 3
    assert [result.path for result in classifier.predict_files(paths, jobs=4)] == [str(path) for path in paths]
    threads = psutil.Process().num_threads()
    stream = classifier.predict_files(CLIPS * 100, jobs=2)
    next(stream)
    del stream
    for _ in range(200):
        if psutil.Process().num_threads() <= threads:
            break
        import time

        time.sleep(0.02)
    assert psutil.Process().num_threads() <= threads
    with pytest.raises(ValueError):
        classifier.predict_files(CLIPS, jobs=0)
    assert list(classifier.predict_files([])) == []


def test_pickles_and_copies_say_the_same(classifier: Classifier) -> None:
    uniform = Classifier(prior="uniform")
    for one in (classifier, uniform):
        expected = one.predict_file(CLIPS[0]).array
        for other in (pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
            assert numpy.array_equal(other.predict_file(CLIPS[0]).array, expected)
    prediction = classifier.predict_file(CLIPS[0])
    assert pickle.loads(pickle.dumps(prediction)).probabilities == prediction.probabilities


def _predict(classifier: Classifier) -> list[float]:
    probabilities: list[float] = classifier.predict_file(CLIPS[0]).array.tolist()
    return probabilities


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_say_the_same(classifier: Classifier, method: str) -> None:
    expected = _predict(classifier)
    # Workers of the parent wait in it while it forks.
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(_predict, [classifier] * 4) == [expected] * 4


def test_a_fork_does_not_wait_for_threads_that_it_has_not(classifier: Classifier) -> None:
    stream = classifier.predict_files(CLIPS * 5, jobs=2)
    next(stream)
    child = os.fork()
    if child == 0:
        try:
            next(stream)
        except RuntimeError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert len(list(stream)) == 49


def test_ten_thousand_calls_do_not_leak(classifier: Classifier) -> None:
    samples = numpy.sin(numpy.arange(10_000) ** 1.3 / 90).astype(numpy.float32)

    def resident() -> float:
        return float(psutil.Process().memory_info().rss) / 2**20

    def call(times: int) -> None:
        for number in range(times):
            if number % 2:
                classifier.predict_samples(samples, 16_000)
            else:
                classifier.embed_samples(samples, 16_000)

    call(1_000)
    before = resident()
    call(10_000)
    # An array of features that stayed, 10 KB, would be 50 MB by now.
    assert resident() - before < 10


def test_importing_loads_neither_spark_nor_sklearn() -> None:
    code = "import sys, fma_genre; print([m for m in ('pyspark', 'sklearn', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_the_version_is_the_programs(program: Path) -> None:
    done = subprocess.run([program, "--version"], capture_output=True, check=True, text=True)
    assert done.stdout == f"fma-genre {fma_genre.__version__}\n"


def test_scores_are_those_of_the_program(classifier: Classifier, program: Path, tmp_path: Path) -> None:
    import json

    labels = {path.stem: GENRES[index % 16] for index, path in enumerate(CLIPS)}
    (tmp_path / "labels.csv").write_text("file_id,genre\n" + "".join(f"{i},{g}\n" for i, g in labels.items()))
    folder = tmp_path / "clips"
    folder.mkdir()
    for path in CLIPS:
        shutil.copy(path, folder)
    subprocess.run([program, "predict", folder, "-q", "-o", tmp_path / "p.csv"], check=True)
    command = [str(program), "score", str(tmp_path / "p.csv"), "--labels", str(tmp_path / "labels.csv"), "--json"]
    expected = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    predictions = {path.stem: classifier.predict_file(path) for path in CLIPS}
    actual = fma_genre.score(predictions, labels)
    for key in ("log_loss", "accuracy", "macro_f1"):
        assert actual[key]["value"] == pytest.approx(expected[key]["value"], abs=1e-6)
        assert actual[key]["low"] == pytest.approx(expected[key]["low"], abs=1e-6)
    assert actual["confusion"] == expected["confusion"]
    ids = sorted(labels)
    by_order = fma_genre.score([predictions[i] for i in ids], [labels[i] for i in ids])
    assert by_order == actual
    for bad in ({"x": "Rock"}, {**labels, "more": "Rock"}, dict.fromkeys(labels, "Polka")):
        with pytest.raises(ValueError):
            fma_genre.score(predictions, bad)
