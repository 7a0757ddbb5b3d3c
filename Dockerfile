# The image that a grading orchestrator builds with repo2docker and runs; docs/container.md
# tells what is inside and why. Written for the classic builder, which repo2docker used until
# 2025: no RUN --mount, no COPY --chmod, no heredocs.

# --- manifest: what the dependencies depend on, so that nothing else makes them anew ------
# No comments, and no bench, test and example targets, whose files the build does not have. The
# Python package is a member of the workspace: cargo wants to see its manifest, and builds none of it.
FROM rust:1.95.0-slim-bookworm AS manifest
WORKDIR /manifest
COPY Cargo.toml Cargo.lock ./
COPY python/Cargo.toml python/Cargo.toml
RUN awk '/^\[/ { skip = /^\[\[(bench|test|example)\]\]/ } !skip && NF && !/^#/' Cargo.toml > short \
 && mv short Cargo.toml

# --- build: the program, linked against the same glibc as the runtime image ---------------
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /build

# The dependencies alone, with empty sources: a slow layer, reused as long as the manifest
# stands.
COPY --from=manifest /manifest/ ./
RUN mkdir src python/src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs python/src/lib.rs \
 && cargo build --release --locked

# The real sources carry the context's dates, older than the empty build: cargo would call
# them unchanged, hence the clean of this one package.
COPY src src
COPY models models
RUN cargo clean --release --locked -p fma-genre \
 && cargo build --release --locked --bin fma-genre \
 && strip target/release/fma-genre

# --- home: the repository as the contract wants it, whatever modes the checkout has -------
FROM debian:bookworm-slim AS home
COPY . /home/crowdai
RUN chmod -R u=rwX,go=rX /home/crowdai \
 && chmod 0755 /home/crowdai/run.sh \
 && cp /home/crowdai/run.sh /home/run.sh

# --- runtime ------------------------------------------------------------------------------
FROM debian:bookworm-slim
COPY apt.txt /tmp/apt.txt
RUN apt-get update \
 && sed 's/#.*//' /tmp/apt.txt \
    | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /tmp/apt.txt

# The program, its models embedded, is root's and outside every home. The empty payload makes
# a forgotten mount an error ("no mp3") instead of a run on something else.
COPY --from=build /build/target/release/fma-genre /usr/local/bin/fma-genre
COPY --from=home /home/ /home/
RUN mkdir /crowdai-payload

# repo2docker passes these two. The uid may exist already, the name too; the user gets
# /home/crowdai whatever its name, and may write there.
ARG NB_USER=crowdai
ARG NB_UID=1001
RUN if ! getent passwd "${NB_UID}" && ! getent passwd "${NB_USER}"; then \
      useradd --uid "${NB_UID}" --home-dir /home/crowdai --no-create-home --no-log-init \
              --shell /bin/bash "${NB_USER}"; \
    fi \
 && chown "${NB_UID}" /home/crowdai

# The orchestrator kills after ten hours, and a killed run has no rows at all.
ENV FMA_GENRE_DEADLINE=9h30m
WORKDIR /home/crowdai
USER ${NB_UID}
CMD ["/home/crowdai/run.sh"]
