-- What is kept of administrative acts.

-- name: begin_act
-- An act that is about to be done, or was refused.
INSERT INTO act (at, who, by, act, subject, why, result, status, detail)
VALUES (:at, :who, :by, :act, :subject, :why, :result, :status, :detail);

-- name: end_act
-- How it ended.
UPDATE act SET result = :result, status = :status, detail = :detail WHERE seq = :seq;

-- name: acts
-- One page of acts, newest first; {where} stands for the filters.
SELECT seq, at, who, by, act, subject, why, result, status, detail FROM act
WHERE {where}
ORDER BY seq DESC
LIMIT :limit;

-- name: hide_subject
-- An event is forgotten: a hash stands for its id.
UPDATE act SET subject = :hidden WHERE subject = :subject;
