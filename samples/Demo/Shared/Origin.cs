using Microsoft.Data.Sqlite;

namespace McCache.Demo.Shared;

/// <summary>A connection to the database that the caches stand in front of: an SQLite file that all silo processes share. Not thread-safe.</summary>
internal sealed class Origin : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _load;
    private readonly SqliteCommand _update;

    public Origin(string file)
    {
        _connection = Open(file);
        _load = Prepare("SELECT version, body FROM pages WHERE key = $key");
        _update = Prepare("UPDATE pages SET version = version + 1 WHERE key = $key RETURNING version, body");
    }

    /// <summary>Makes the database, with every page at version 1.</summary>
    public static void Create(string file, IReadOnlyList<string> pages)
    {
        using var connection = Open(file);
        Execute(connection, "PRAGMA journal_mode = WAL; CREATE TABLE pages (key TEXT PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID");
        using var transaction = connection.BeginTransaction();
        using var insert = connection.CreateCommand();
        insert.Transaction = transaction;
        insert.CommandText = "INSERT INTO pages VALUES ($key, 1, $body)";
        var key = insert.Parameters.Add("$key", SqliteType.Text);
        var body = insert.Parameters.Add("$body", SqliteType.Blob);
        var random = new Random(7);
        foreach (var page in pages)
        {
            var bytes = new byte[random.Next(200, 4_000)]; // the trace has no sizes; these are a page's text
            random.NextBytes(bytes);
            (key.Value, body.Value) = (page, bytes);
            insert.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    public Page Load(string key)
    {
        _load.Parameters[0].Value = key;
        using var row = _load.ExecuteReader();
        return Read(row);
    }

    /// <summary>Raises the version of a page.</summary>
    /// <returns>The page as it is now, committed.</returns>
    public Page Update(string key)
    {
        _update.Parameters[0].Value = key;
        using var row = _update.ExecuteReader();
        var page = Read(row);
        while (row.Read())
        {
            // A statement that returns rows commits when it has been read to its end.
        }

        return page;
    }

    public void Dispose()
    {
        _load.Dispose();
        _update.Dispose();
        _connection.Dispose();
    }

    private static Page Read(SqliteDataReader row)
        => row.Read() ? new Page(row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : throw new KeyNotFoundException("The database lacks a page of the trace.");

    private static SqliteConnection Open(string file)
    {
        // Without pooling, closing a connection closes the file. Nothing is synchronized to disk, for the database does not outlive the demo. A writer that meets
        // another one waits inside SQLite, which looks again within milliseconds.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        connection.Open();
        Execute(connection, "PRAGMA busy_timeout = 20000; PRAGMA synchronous = OFF");
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The callers above pass constants.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // The callers above pass constants.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.Parameters.Add("$key", SqliteType.Text);
        command.Prepare();
        return command;
    }
}
