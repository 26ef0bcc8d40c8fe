# One image for web, workers, beat and the simulated spectrometer: which one a container is, its command says.

FROM node:22-bookworm-slim AS frontend
WORKDIR /build/webapp/frontend
COPY webapp/frontend/package.json webapp/frontend/package-lock.json ./
RUN npm ci
COPY webapp/frontend ./
RUN npm run build

FROM python:3.11-slim-bookworm AS packages
COPY requirements/build.txt requirements/base.txt /requirements/
RUN python -m venv /opt/venv \
    && /opt/venv/bin/python -m pip install --no-cache-dir --require-hashes \
        --requirement /requirements/build.txt --requirement /requirements/base.txt

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libiio0 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /var/lib/rasgado --create-home rasgado
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    RASGADO_DATA_DIR=/var/lib/rasgado
WORKDIR /srv/rasgado
COPY --from=packages /opt/venv /opt/venv
COPY pyproject.toml README.md LICENSE manage.py ./
COPY acquisition acquisition
COPY sdr sdr
COPY tasks tasks
COPY rasgado rasgado
COPY tools tools
COPY webapp webapp
COPY --from=frontend /build/webapp/static_build webapp/static_build
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation --editable .
USER rasgado
VOLUME /var/lib/rasgado
EXPOSE 8000
CMD ["uvicorn", "webapp.config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "3"]
