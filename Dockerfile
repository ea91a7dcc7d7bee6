FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUTF8=1 \
    FLASK_APP=app.factory:create_app ZHIDAN_ENV=production ZHIDAN_INSTANCE=/var/lib/zhidan

WORKDIR /srv/zhidan
COPY requirements/*.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
# --build-arg PDF=1 adds papers as PDF made by the server: a library and Chinese fonts, about 100 MB.
ARG PDF=
RUN if [ -n "$PDF" ]; then \
      apt-get update -q && \
      apt-get install -y -q --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk && \
      rm -rf /var/lib/apt/lists/* && pip install --no-cache-dir --require-hashes -r requirements/pdf.txt; fi
COPY . .
RUN useradd --system --uid 10001 zhidan && install -d -o zhidan /var/lib/zhidan

USER zhidan
VOLUME /var/lib/zhidan
EXPOSE 8080
# Threads, because a request mostly waits for the database. /dev/shm keeps the heartbeat off slow disks.
CMD ["gunicorn", "app.factory:create_app()", "--bind", "0.0.0.0:8080", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "8", "--timeout", "30", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
