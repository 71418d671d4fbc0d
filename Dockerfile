# Lethe in a container. Works with a read-only root: what is written lies below /var/lib/lethe (a volume) and /tmp.

FROM node:22.23.2-bookworm AS build
WORKDIR /build
# No package that runs needs its install script: the native ones ship their binaries. Those of the optional tfjs-node
# packages would fetch libtensorflow, also for CUDA, from a host that a build should not depend on. ONNX Runtime's own
# switch keeps its binaries for CUDA out, should somebody allow scripts again.
ENV npm_config_ignore_scripts=true \
    ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build:product
# Not shipped: what only other platforms can use, and the tfjs-node packages, which do nothing without their scripts.
RUN npm prune --omit=dev \
 && rm -rf node_modules/@tensorflow/tfjs-node node_modules/@tensorflow/tfjs-node-gpu \
           node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32

FROM node:22.23.2-bookworm-slim
WORKDIR /opt/lethe
# Inside a container loopback reaches nobody: who may come in is decided by what is published, and by LETHE_HTTP__TOKEN.
# ONNX Runtime would otherwise make an identifier of the device and keep it in the home folder.
ENV NODE_ENV=production \
    LETHE_ENV=production \
    LETHE_HTTP__HOST=0.0.0.0 \
    LETHE_HTTP__PORT=7070 \
    LETHE_DISK__FOLDER=/var/lib/lethe \
    LETHE_MODEL__CHECKPOINTS=/var/lib/lethe/checkpoints \
    LETHE_CACHE=/var/lib/lethe/cache \
    ORT_DISABLE_TELEMETRY=1
RUN install -d -o 1000 -g 1000 /var/lib/lethe
# Owned by root, so that the process can't change its own program.
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json ./
COPY config ./config
COPY assets ./assets
VOLUME ["/var/lib/lethe"]
# The image's user `node`; as a number, so that a cluster can see that it is not root.
USER 1000:1000
EXPOSE 7070
STOPSIGNAL SIGTERM
# /healthz is 503 where only a new start helps. There is no curl in a slim image.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.LETHE_HTTP__PORT + '/healthz', { signal: AbortSignal.timeout(4000) }).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["run"]
