"""Nothing asynchronous gets lost without somebody hearing of it."""

from __future__ import annotations

from tests.template.template import Template, names_in


def test_a_message_stays_hidden_for_six_times_as_long_as_a_slice_may_take(
    translated: Template,
) -> None:
    queue = translated.of_type("AWS::SQS::Queue")["SyncQueue"]
    function = translated.of_type("AWS::Lambda::Function")["RunSyncFunction"]
    longest = translated.content["Parameters"][function["Timeout"]["Ref"]]["MaxValue"]

    assert queue["VisibilityTimeout"] >= 6 * longest


def test_a_slice_is_tried_five_times_and_then_set_aside(translated: Template) -> None:
    redrive = translated.of_type("AWS::SQS::Queue")["SyncQueue"]["RedrivePolicy"]

    assert redrive["maxReceiveCount"] >= 5
    assert list(names_in(redrive["deadLetterTargetArn"])) == ["SyncDeadLetterQueue"]


def test_a_slice_comes_alone_and_its_failure_is_reported_alone(translated: Template) -> None:
    mapping = translated.one("AWS::Lambda::EventSourceMapping")

    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 2 <= mapping["ScalingConfig"]["MaximumConcurrency"] <= 1000


def test_dead_letters_are_kept_longer_than_the_letters(translated: Template) -> None:
    queues = translated.of_type("AWS::SQS::Queue")
    kept = {name: queue["MessageRetentionPeriod"] for name, queue in queues.items()}

    assert kept["SyncDeadLetterQueue"] > kept["SyncQueue"]
    assert kept["UndeliveredQueue"] > kept["SyncQueue"]


def test_queues_are_encrypted(translated: Template) -> None:
    for name, queue in translated.of_type("AWS::SQS::Queue").items():
        assert queue.get("SqsManagedSseEnabled") is True, name


def test_every_event_that_reaches_nobody_is_set_aside(translated: Template) -> None:
    for name, rule in translated.of_type("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            dead_letters = list(names_in(target["DeadLetterConfig"]))
            assert dead_letters == ["UndeliveredQueue"], name
    invoked = translated.of_type("AWS::Lambda::EventInvokeConfig")
    assert len(invoked) == 2
    for name, config in invoked.items():
        failed = list(names_in(config["DestinationConfig"]["OnFailure"]["Destination"]))
        assert failed == ["UndeliveredQueue"], name


def test_the_schedule_ticks_every_minute_and_drops_a_late_tick(translated: Template) -> None:
    rules = translated.of_type("AWS::Events::Rule").values()
    (tick,) = [rule for rule in rules if "ScheduleExpression" in rule]

    assert tick["ScheduleExpression"] == "rate(1 minute)"
    assert tick["Targets"][0]["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 60


def test_notify_hears_only_what_crmsync_says_on_its_own_bus(translated: Template) -> None:
    rules = translated.of_type("AWS::Events::Rule").values()
    (heard,) = [rule for rule in rules if "EventPattern" in rule]

    assert heard["EventPattern"] == {"source": ["crmsync"]}
    assert heard["EventBusName"] == {"Ref": "EventBus"}


def test_somebody_is_paged_for_dead_letters_and_for_silence(translated: Template) -> None:
    alarms = translated.of_type("AWS::CloudWatch::Alarm")
    watched = {
        (alarm["MetricName"], name)
        for alarm in alarms.values()
        for name in names_in(alarm["Dimensions"])
    }

    assert {
        ("ApproximateNumberOfMessagesVisible", "SyncDeadLetterQueue"),
        ("ApproximateNumberOfMessagesVisible", "UndeliveredQueue"),
        ("ApproximateAgeOfOldestMessage", "SyncQueue"),
        ("Invocations", "ScheduleSyncFunction"),
        ("Errors", "RunSyncFunction"),
        ("Errors", "OauthCallbackFunction"),
    } <= watched
    for name, alarm in alarms.items():
        assert "AlarmTopicArn" in names_in(alarm["AlarmActions"]), name


def test_only_rules_of_this_account_may_set_events_aside(translated: Template) -> None:
    (statement,) = translated.one("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]

    (source,) = statement["Condition"]["ArnLike"].values()

    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert source["Fn::Sub"].endswith(":events:${AWS::Region}:${AWS::AccountId}:rule/*")
