"""Makes the bucket for captures and spectra if there is none: `python -m tools.bucket`, configured as the service."""

from __future__ import annotations

import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from webapp.config import environment


def ensure(settings: dict[str, Any]) -> bool:
    """Make the configured bucket; False when it was there already."""
    client = boto3.client(
        "s3",
        endpoint_url=settings["AWS_S3_ENDPOINT_URL"] or None,
        region_name=settings["AWS_S3_REGION_NAME"] or None,
        aws_access_key_id=settings["AWS_ACCESS_KEY_ID"] or None,
        aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"] or None,
    )
    name = settings["AWS_STORAGE_BUCKET_NAME"]
    try:
        client.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in {"404", "NoSuchBucket"}:
            raise
    else:
        return False
    client.create_bucket(Bucket=name)
    return True


def main() -> int:
    settings = environment.read()
    try:
        made = ensure(settings)
    except (ClientError, BotoCoreError) as error:
        print(f"The bucket {settings['AWS_STORAGE_BUCKET_NAME']} cannot be made: {error}", file=sys.stderr)
        return 1
    print(f"Bucket {settings['AWS_STORAGE_BUCKET_NAME']} {'made' if made else 'is there'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
