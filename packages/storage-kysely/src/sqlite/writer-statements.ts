import type { CommitStatements } from "../commit/commit-statements.ts";
import { Argument } from "../query/argument.ts";
import { type Insert, insertOf, type Query, queryOf, type Statement } from "../query/work.ts";
import type { StatementText, WriterSetup } from "./writer-order.ts";

/** The texts that commits are written with: of each statement that they find something with, its one parameter takes a list as JSON. */
export function statementTexts(statements: CommitStatements): WriterSetup["statements"] {
  return {
    commits: listText(statements.commits.statement),
    keyedCommits: listText(statements.keyedCommits.statement),
    versions: listText(statements.versions.statement),
    lineages: listText(statements.lineages.statement),
    parents: listText(statements.parents.statement),
    closeEdges: listText(statements.closeEdges.statement),
    insertCommits: statementText(statements.insertCommits.statement),
    insertChains: statementText(statements.insertChains.statement),
    insertVersions: statementText(statements.insertVersions.statement),
    insertEdges: statementText(statements.insertEdges.statement),
  };
}

/** Makes the statements of their texts again. */
export function statementsOf(texts: WriterSetup["statements"]): CommitStatements {
  return {
    commits: listQuery(texts.commits),
    keyedCommits: listQuery(texts.keyedCommits),
    versions: listQuery(texts.versions),
    lineages: listQuery(texts.lineages),
    parents: listQuery(texts.parents),
    closeEdges: listQuery(texts.closeEdges),
    insertCommits: insert(texts.insertCommits),
    insertChains: insert(texts.insertChains),
    insertVersions: insert(texts.insertVersions),
    insertEdges: insert(texts.insertEdges),
  };
}

/** The text of a statement, without its parameters. */
export function statementText({ name, sql }: Statement): StatementText {
  return { name, sql };
}

function listText(statement: Statement): StatementText {
  if (statement.parameters.length !== 1) throw new RangeError(`The statement ${statement.name} takes more than a list`);
  return statementText(statement);
}

function listQuery<Item, Row>(text: StatementText): Query<readonly Item[], Row> {
  return queryOf({ ...text, parameters: [new Argument((items: readonly Item[]) => JSON.stringify(items))] });
}

function insert(text: StatementText): Insert {
  return insertOf({ ...text, parameters: [] });
}
