-- What the clock rang and the workers do: one row per job, newest first; `stalled` is a job whose worker gives no sign of life.
create view market.job as
select
    j.id as job_id,
    j.task_name as task,
    j.queue_name as queue,
    j.args ->> 'source' as source,
    (j.args ->> 'scheduled_for')::timestamptz as scheduled_for,
    case
        when j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - interval '30 seconds') then 'stalled'
        else j.status::text
    end as status,
    j.attempts,
    told.queued_at,
    told.began_at,
    case when j.status not in ('todo', 'doing') then told.ended_at end as ended_at,
    j.worker_id as worker
from queue.procrastinate_jobs as j
left join queue.procrastinate_workers as w on w.id = j.worker_id
left join lateral (
    select
        min(e.at) filter (where e.type = 'deferred') as queued_at,
        max(e.at) filter (where e.type = 'started') as began_at,
        max(e.at) as ended_at
    from queue.procrastinate_events as e where e.job_id = j.id
) as told on true;

-- How each queue stands; the workers are those of all queues.
create view market.queue as
select
    q.queue,
    count(j.job_id) filter (where j.status = 'todo') as waiting,
    min(j.queued_at) filter (where j.status = 'todo') as waiting_since,
    count(j.job_id) filter (where j.status = 'doing') as running,
    count(j.job_id) filter (where j.status = 'stalled') as stalled,
    count(j.job_id) filter (where j.status = 'succeeded' and j.ended_at > now() - interval '7 days') as done_7d,
    count(j.job_id) filter (where j.status = 'failed' and j.ended_at > now() - interval '7 days') as failed_7d,
    (
        select count(*) from queue.procrastinate_workers as w where w.last_heartbeat > now() - interval '30 seconds'
    ) as workers,
    (select max(r.rung_at) from queue.ring as r) as rung_at
from (select distinct queue_name as queue from queue.procrastinate_jobs union select 'collect') as q
left join market.job as j on j.queue = q.queue
group by q.queue;

comment on view market.job is 'One row per job of the queue: a ring of the clock until a worker has done it, and a month longer.';
comment on column market.job.job_id is 'Number of the job.';
comment on column market.job.task is 'What is to be done.';
comment on column market.job.queue is 'The queue it waits in.';
comment on column market.job.source is 'The source to collect; NULL for other tasks.';
comment on column market.job.scheduled_for is 'Tick of the clock it answers.';
comment on column market.job.status is 'todo, doing, stalled (its worker gives no sign of life), succeeded, failed or cancelled.';
comment on column market.job.attempts is 'How often it was begun and not done.';
comment on column market.job.queued_at is 'When it was put into the queue.';
comment on column market.job.began_at is 'When a worker began it last.';
comment on column market.job.ended_at is 'When it was done or set aside; NULL before.';
comment on column market.job.worker is 'Number of the worker that has it; NULL where none has.';
comment on view market.queue is 'One row per queue: what waits, what runs, what came of the last week.';
comment on column market.queue.queue is 'Name of the queue.';
comment on column market.queue.waiting is 'Jobs that wait.';
comment on column market.queue.waiting_since is 'Since when the oldest of them waits.';
comment on column market.queue.running is 'Jobs that a living worker does.';
comment on column market.queue.stalled is 'Jobs whose worker gives no sign of life; they are given back within a minute.';
comment on column market.queue.done_7d is 'Jobs done in the last seven days.';
comment on column market.queue.failed_7d is 'Jobs that failed or were set aside in the last seven days.';
comment on column market.queue.workers is 'Workers alive, of all queues.';
comment on column market.queue.rung_at is 'When a clock rang last, for any source.';
