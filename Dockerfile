# Builds the `tolmach` binary and runs it without privileges; what it keeps is in /data.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --profile dist --locked -p tolmach && cp target/dist/tolmach /tolmach

FROM debian:bookworm-slim
# Certificates of the authorities, for HTTPS to a model's or a database's server; curl for the health check.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data tolmach \
    && mkdir /data && chown tolmach /data
COPY --from=build /tolmach /usr/local/bin/tolmach
USER tolmach
WORKDIR /data
VOLUME /data
ENV TOLMACH_DATA_DIR=/data TOLMACH_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD curl --fail --silent http://127.0.0.1:8080/health
ENTRYPOINT ["tolmach"]
