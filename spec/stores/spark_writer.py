"""Commits to a table as Spark's S3DynamoDBLogStore does, step by step, with nothing but boto3.

spark_writer.py ENDPOINT TABLE COMMITS [STEP]: TABLE is the address as Spark writes it, such as s3a://bucket/table. Each commit
copies the newest data file and adds it. With STEP (temporary, entry, file) the writer is killed after that step of its last
commit. Prints one JSON text for each commit that it knows to have landed.
"""

import json
import os
import signal
import sys
import time
import urllib.parse
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENTRIES = "delta_log"
DAY = 86_400


class AlreadyExists(Exception):
    pass


class Store:
    def __init__(self, endpoint, table):
        options = dict(
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="testsecret",
            config=Config(retries={"max_attempts": 1}),
        )
        self.s3 = boto3.client("s3", **options)
        self.dynamodb = boto3.client("dynamodb", **options)
        self.table = table
        parsed = urllib.parse.urlsplit(table)
        self.bucket, self.root = parsed.netloc, parsed.path.strip("/")
        self.die_after = None

    def key(self, name):
        return f"{self.root}/_delta_log/{name}"

    def exists(self, key):
        try:
            self.s3.head_object(Bucket=self.bucket, Key=key)
            return True
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                return False
            raise

    def read(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def step(self, name):
        if name == self.die_after:
            os.kill(os.getpid(), signal.SIGKILL)

    # The entries.

    def entry(self, file_name):
        key = {"tablePath": {"S": self.table}, "fileName": {"S": file_name}}
        return self.dynamodb.get_item(TableName=ENTRIES, Key=key, ConsistentRead=True).get("Item")

    def latest_entry(self):
        found = self.dynamodb.query(
            TableName=ENTRIES,
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=1,
            KeyConditionExpression="tablePath = :path",
            ExpressionAttributeValues={":path": {"S": self.table}},
        )["Items"]
        return found[0] if found else None

    def put_entry(self, item, overwrite):
        condition = {} if overwrite else {"ConditionExpression": "attribute_not_exists(fileName)"}
        try:
            self.dynamodb.put_item(TableName=ENTRIES, Item=item, **condition)
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise AlreadyExists(item["fileName"]["S"]) from error

    def complete(self, item):
        expires = {"N": str(int(time.time()) + DAY)}
        self.put_entry({**item, "complete": {"S": "true"}, "expireTime": expires}, overwrite=True)

    # The log.

    def copy(self, source, target):
        if self.exists(target):
            raise AlreadyExists(target)
        self.s3.put_object(Bucket=self.bucket, Key=target, Body=self.read(source))

    def fix(self, item):
        target = self.key(item["fileName"]["S"])
        for retry in range(4):
            try:
                if not self.exists(target):
                    self.copy(self.key(item["tempPath"]["S"]), target)
                self.complete(item)
                return
            except (AlreadyExists, ClientError):
                if retry == 3:
                    raise

    def versions(self):
        latest = self.latest_entry()
        if latest and latest["complete"]["S"] != "true":
            self.fix(latest)
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.key(""), StartAfter=self.key("0" * 20)
        )
        names = [o["Key"].rsplit("/", 1)[1] for page in pages for o in page.get("Contents", [])]
        return sorted(int(n[:20]) for n in names if len(n) == 25 and n.endswith(".json") and n[:20].isdigit())

    def write(self, version, body):
        name = f"{version:020}.json"
        if self.exists(self.key(name)):
            raise AlreadyExists(name)
        if version > 0:
            before = f"{version - 1:020}.json"
            entry = self.entry(before)
            if entry and entry["complete"]["S"] != "true":
                self.fix(entry)
            elif not self.exists(self.key(before)):
                raise RuntimeError(f"previous commit {before} doesn't exist")
        temporary = f".tmp/{name}.{uuid.uuid4()}"
        self.s3.put_object(Bucket=self.bucket, Key=self.key(temporary), Body=body)
        self.step("temporary")
        item = {
            "tablePath": {"S": self.table},
            "fileName": {"S": name},
            "tempPath": {"S": temporary},
            "complete": {"S": "false"},
        }
        self.put_entry(item, overwrite=False)
        self.step("entry")
        try:
            self.copy(self.key(temporary), self.key(name))
            self.step("file")
            self.complete(item)
        except (AlreadyExists, ClientError):
            pass  # whoever comes by finishes it


def newest_add(store, versions):
    for version in reversed(versions):
        for line in reversed(store.read(store.key(f"{version:020}.json")).splitlines()):
            if "add" in json.loads(line):
                return json.loads(line)["add"]
    raise RuntimeError("no file to copy")


def main(endpoint, table, commits, die_after=None):
    store = Store(endpoint, table)
    versions = store.versions()
    add = newest_add(store, versions)
    for number in range(int(commits)):
        path = f"spark-{uuid.uuid4()}.parquet"
        source = {"Bucket": store.bucket, "Key": f"{store.root}/{urllib.parse.unquote(add['path'])}"}
        store.s3.copy_object(Bucket=store.bucket, Key=f"{store.root}/{path}", CopySource=source)
        info = {"timestamp": int(time.time() * 1000), "operation": "WRITE", "isBlindAppend": True}
        actions = [{"commitInfo": info}, {"add": {**add, "path": path}}]
        body = "".join(json.dumps(action) + "\n" for action in actions).encode()
        if number == int(commits) - 1:
            store.die_after = die_after
        while True:
            version = versions[-1] + 1
            try:
                store.write(version, body)
                break
            except AlreadyExists:
                versions = store.versions()
        versions.append(version)
        print(json.dumps({"version": version, "path": path}), flush=True)


main(*sys.argv[1:])
