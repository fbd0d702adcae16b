namespace McCache.Demo.Shared;

/// <summary>The temporary folder that the processes of one run share.</summary>
internal sealed record Workspace(string Folder)
{
    public string Database => Path.Combine(Folder, "pages.db");

    public string Board => Path.Combine(Folder, "versions");

    public static Workspace Create() => new(Directory.CreateTempSubdirectory("mccache-demo-").FullName);

    /// <param name="member">"Silo 1", "Client 1".</param>
    public string Log(string member) => Path.Combine(Folder, $"{member.ToLowerInvariant().Replace(' ', '-')}.log");

    /// <summary>Removes the folder. Best effort: another process may be doing the same.</summary>
    public void Remove()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is in the system's temporary folder, which the system cleans.
        }
    }
}
