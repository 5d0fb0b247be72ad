# One image for web, workers, beat, Flower and the migration; docker-compose.yml says what each of them runs.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore

RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin portal
WORKDIR /app

# Before the code, so that a code change reuses what is installed. Everything has a wheel: no compiler is needed.
COPY requirements.txt .
RUN pip install --require-hashes --only-binary=:all: -r requirements.txt

COPY . .
# The code stays root's; var/ is for a container that is run without DATABASE_URL, on SQLite, and var/documents and
# var/history where volumes are mounted: a new volume takes its owner from here.
RUN SECRET_KEY=for-this-step-only python manage.py collectstatic --noinput --verbosity 0 \
 && python -m compileall -q cases portal tasks \
 && install -d -o portal -g portal -m 700 var/documents var/history \
 && chown portal: var

USER portal
# How many processes: WEB_CONCURRENCY. /dev/shm, because the heartbeat of a worker must never wait for a disk.
CMD ["gunicorn", "portal.wsgi", "--bind=0.0.0.0:8000", "--threads=4", "--worker-tmp-dir=/dev/shm", "--no-control-socket"]
