# One image for every role; docker-compose.yml chooses the command.

FROM python:3.11-slim AS builder
RUN pip install --no-cache-dir uv==0.13.9
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /referrals
# Libraries first: this layer stays as it is until the lock file changes.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-workspace
COPY packages packages
COPY services services
RUN uv sync --frozen --no-dev --no-editable

FROM python:3.11-slim
COPY --from=builder /referrals/.venv /referrals/.venv
ENV PATH=/referrals/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
