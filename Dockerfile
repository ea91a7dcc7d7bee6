FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1 \
    FLASK_APP=app.factory:create_app ZHIDAN_ENV=production ZHIDAN_INSTANCE=/var/lib/zhidan

WORKDIR /srv/zhidan
COPY requirements/runtime.txt requirements/runtime.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY . .
RUN useradd --system --uid 10001 zhidan && install -d -o zhidan /var/lib/zhidan

USER zhidan
VOLUME /var/lib/zhidan
EXPOSE 8080
# Threads, because a request mostly waits for the database. /dev/shm keeps the heartbeat off slow disks.
CMD ["gunicorn", "app.factory:create_app()", "--bind", "0.0.0.0:8080", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "8", "--timeout", "30", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
