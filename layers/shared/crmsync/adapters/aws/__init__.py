"""AWS services other than DynamoDB, through boto3."""
