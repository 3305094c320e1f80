# nnt with native kernels, as a user of its own: docker build -t nnt . && docker run --rm -v "$PWD:/work" nnt train spec.yaml
# Without a compiler (--build-arg KERNELS=wasm) the WebAssembly kernels compute, to the same bits.
FROM node:20-bookworm-slim AS build
ARG KERNELS=native
WORKDIR /nnt
RUN if [ "$KERNELS" = native ]; then \
      apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*; \
    fi
COPY . .
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
COPY --from=build /nnt /nnt
RUN ln -s /nnt/bin/nnt.js /usr/local/bin/nnt
USER node
WORKDIR /work
ENTRYPOINT ["nnt"]
CMD ["--help"]
