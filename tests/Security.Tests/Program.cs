using McCache.Security.Tests.Processes;
using Xunit.Runner.InProc.SystemConsole;

// Silos and clients that must be processes of their own are this program with "member".
return args is ["member", var settings] ? await Member.RunAsync(settings) : await ConsoleRunner.Run(args);
