# One image for every process. On a GPU host: docker build --build-arg LOCK=gpu
FROM python:3.12-slim AS build
ARG LOCK=light
WORKDIR /src
RUN python -m venv /venv
COPY locks/tools.txt locks/${LOCK}.txt locks/
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r locks/tools.txt \
 && /venv/bin/uv pip install --no-cache --python /venv/bin/python --require-hashes -r locks/${LOCK}.txt
COPY pyproject.toml README.md ./
COPY shared shared
COPY web web
COPY worker worker
COPY models models
RUN /venv/bin/uv pip install --no-cache --python /venv/bin/python --no-deps --no-build-isolation . \
 && /venv/bin/uv pip uninstall --python /venv/bin/python uv setuptools

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home oncoqueue && install -d -o oncoqueue -g oncoqueue /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 ONCOQUEUE_DATA_DIR=/data
USER oncoqueue
VOLUME /data
ENTRYPOINT ["oncoqueue"]
CMD ["--help"]
