# A small image that runs synscope as an ordinary user with CAP_NET_RAW and nothing else.
#   docker build -t synscope . && docker run --rm --network=host --cap-drop=all --cap-add=net_raw synscope 10.0.0.1 -p 22,443

FROM node:22-bookworm-slim AS build
# node-gyp compiles against the headers that came with this node instead of downloading them.
ENV npm_config_nodedir=/usr/local
RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential python3 libpcap-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional dependencies may fail in silence; in the image they may not, so they are loaded once.
RUN npm ci --loglevel=error --no-audit --no-fund \
 && node -e "require('raw-socket'); require('cap')"
COPY tsconfig.json ./
COPY scripts/build scripts/bundle.mjs scripts/
COPY src src
RUN sh scripts/build --force \
 && npm prune --omit=dev --loglevel=error \
 && rm -rf node_modules/*/build/Release/obj.target node_modules/*/build/Release/.deps node_modules/cap/deps

FROM node:22-bookworm-slim
# Package `cap` asks dlopen for `libpcap.so`, a name that only the -dev package has, to switch on immediate mode; without that mode
# replies are delivered up to a second late.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libcap2-bin libpcap0.8 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* \
 && library=$(dpkg-query -L libpcap0.8 | grep '/libpcap\.so\.0\.8$') \
 && ln -s libpcap.so.0.8 "${library%.0.8}"
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# Permitted but not effective (+p, not +ep): without the capability node still starts, and synscope can say what is missing. It raises
# the capability itself. Here and not in the build stage, because COPY loses file capabilities; the price is a second copy of node.
RUN setcap cap_net_raw+p /usr/local/bin/node
USER node
ENTRYPOINT ["/usr/local/bin/node", "/app/dist/cli/bin.cjs"]
