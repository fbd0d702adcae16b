using McCache.Demo.Command;

return await CommandLine.RunAsync(args);
