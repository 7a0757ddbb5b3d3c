#!/usr/bin/env python3
"""Genres of all audio files below a folder (or an object store), with Spark, as partitioned Parquet.

    spark-submit examples/spark_genres.py IN OUT [--pattern '*.mp3'] [--model NAME] [--prior NAME]

IN is a folder that Spark can read (s3a://..., hdfs://..., file:/...); OUT is a folder of Parquet files, partitioned by
genre. Run it again after a failure or when files were added: what OUT has already is left out (an anti-join by path).
A file that cannot be classified is a row with the status "unusable". (Empty files have no row: Spark's binaryFile leaves
them out.)

The workers need `pip install ./python` (fma-genre, numpy) and `pip install pandas pyarrow`.
"""

from __future__ import annotations

import argparse

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import broadcast, coalesce, col, lit

from fma_genre.spark import classify

# A partition is what a task reads: 64 MiB are some 60 clips or 15 songs, a few seconds of work, so that little is lost
# with a worker and none waits long for the last. Nothing is moved between workers: that would copy all the audio.
PARTITION_BYTES = 64 << 20


def files(spark: SparkSession, folder: str, pattern: str) -> DataFrame:
    """The files below a folder, with their content, which is read only where it is needed."""
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    return reader.option("pathGlobFilter", pattern).load(folder)


def pending(spark: SparkSession, found: DataFrame, out: str) -> DataFrame:
    """Those that the output has not yet."""
    try:
        done = spark.read.parquet(out).select("path")
    except AnalysisException:
        return found
    # Every worker gets the paths that are done, so that no audio moves.
    return found.join(broadcast(done), "path", "left_anti")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", metavar="IN")
    parser.add_argument("output", metavar="OUT")
    parser.add_argument("--pattern", default="*.mp3", help="names of files (default: *.mp3)")
    parser.add_argument("--model", default="compact")
    parser.add_argument("--prior", default="fma", choices=["fma", "uniform"])
    options = parser.parse_args()

    spark = SparkSession.builder.appName("fma-genre").getOrCreate()
    spark.conf.set("spark.sql.files.maxPartitionBytes", PARTITION_BYTES)
    # Spark counts 4 MiB for opening a file unless told otherwise: partitions would have a dozen files.
    spark.conf.set("spark.sql.files.openCostInBytes", 64 << 10)
    found = pending(spark, files(spark, options.input, options.pattern), options.output)
    # The paths alone: counting reads no audio.
    count = found.select("path").count()
    if count == 0:
        print("nothing to do")
        return
    rows = classify(found, options.model, options.prior)
    # Files without a genre have a partition of their own.
    rows = rows.withColumn("genre_partition", coalesce(col("genre"), lit("none")))
    rows.write.mode("append").partitionBy("genre_partition").parquet(options.output)
    print(f"classified {count} files")


if __name__ == "__main__":
    main()
